#!/usr/bin/env bash
# Breaks one arrow of the running stack as in real projects: everything runs, no process reports an error, and some data
# is missing. `just verify` reports the arrow. The justfile calls this script.
#
#   infra/break.sh [NAME | --mend]   lists all breaks; breaks NAME, in containers or native processes; undoes it
#
# No file of the repository changes. stack.sh and native.sh read what this script writes to STACK_DATA/break: changed
# copies, a compose file for each unit, environment variables for each native service. BREAK_APPLY is for tests.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

case ${STACK_DATA:=var} in /*) DATA=$STACK_DATA ;; *) DATA=$PWD/$STACK_DATA ;; esac
overlay=$DATA/break
read -ra apply <<<"${BREAK_APPLY:-infra/stack.sh restart}"
wanted=${1:-} done_what=''

fail() { printf 'break: %s\n' "$*" >&2; exit 1; }

# The only list of breaks: NAME, the arrow that verify reports, the change. `is` returns 0 for the wanted name and
# prints the row when no name is wanted.
breaks() {
    is exemplars-off exemplar 'Alloy no longer sends exemplars on' &&
        change alloy config.alloy 's/send_exemplars\( *\)= true/send_exemplars\1= false/'
    is remote-write-path sample "Alloy writes to a path of Prometheus that Mimir does not have" &&
        point alloy MIMIR_PUSH_URL http://mimir:9009/api/v1/write http://127.0.0.1:9009/api/v1/write
    is log-path log-push 'Alloy follows a file with another name' &&
        point alloy API_LOG_FILE /var/logs/application.log "$DATA/logs/application.log"
    is trace-id-label labels 'trace_id becomes a label of Loki' && {
        change alloy config.alloy 's/to = "attributes\.trace_id"/to = "resource.trace_id"/'
        change loki loki.yaml 's/\(attributes: \[service, level, method\)\]/\1, trace_id]/'
    }
    is otlp-port trace 'the API sends OTLP gRPC to the port for HTTP' &&
        point api OTEL_EXPORTER_OTLP_ENDPOINT http://tempo:4318 http://127.0.0.1:4318
    is service-graph-off service-graph 'Tempo generates no service graph' &&
        change tempo tempo.yaml 's/processors: \[service-graphs, span-metrics\]/processors: [span-metrics]/'
    is derived-field links 'Grafana searches the trace id in the text of the line, as if it were key=value' &&
        change grafana provisioning/datasources/datasources.yaml \
            's/matcherType: label/matcherType: regex/; s/matcherRegex: trace_id/matcherRegex: trace_id=(\\w+)/'
    true
}

is() {
    [ -n "$wanted" ] || printf '  just break %-18s %s (%s)\n' "$1" "$3" "$2"
    [ "$wanted" = "$1" ] || return 1
    done_what=$3
}

# Service $1 gets a copy of its folder in infra/, whose file $2 the sed script $3 has changed.
change() {
    mkdir -p "$overlay/infra"
    cp -R "infra/$1" "$overlay/infra/"
    sed "$3" "infra/$1/$2" >"$overlay/infra/$1/$2"
    override "$1" "volumes: [\"$overlay/infra/$1/$2:/etc/$1/$2:ro,z\"]" CONFIGS "$overlay/infra"
}

# Service $1 gets the variable $2 with the value $3 in containers, $4 natively.
point() { override "$1" "environment: {$2: \"$3\"}" "$2" "$4"; }

# Service $1 gets the line $2 of a compose file in containers, and the variable $3 = $4 natively.
override() {
    local file=$overlay/obs.yml
    case $1 in api | alloy) file=$overlay/api.yml ;; esac
    mkdir -p "$overlay"
    [ -f "$file" ] || echo 'services:' >"$file"
    printf '  %s:\n    %s\n' "$1" "$2" >>"$file"
    printf 'export %s=%q\n' "$3" "$4" >"$overlay/$1.env"
    echo "$1" >>"$overlay/services"
}

mend() {
    local services; services=$(cat "$overlay/services")
    rm -r "$overlay"
    xargs "${apply[@]}" <<<"$services"
}

case $wanted in
    '')
        echo "Silent failures of the telemetry; in brackets the arrow that just verify reports. just mend undoes one."
        breaks ;;
    --mend)
        [ -d "$overlay" ] || fail "nothing is broken"
        mend
        echo "Mended." ;;
    *)
        [ ! -d "$overlay" ] || fail "the stack is already broken: just mend first"
        breaks
        [ -n "$done_what" ] || fail "found no break '$wanted': just break lists all"
        if ! xargs "${apply[@]}" <"$overlay/services"; then
            mend >/dev/null 2>&1 || true
            fail "nothing was broken: the services did not restart"
        fi
        echo "Broken: $done_what. just verify reports the arrow and its file; just mend undoes the change." ;;
esac
