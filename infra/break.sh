#!/usr/bin/env bash
# Breaks one arrow of the running stack, as it breaks in real projects: everything runs, nothing complains, and something is
# missing. `just verify` finds it. The justfile is its door.
#
#   infra/break.sh           lists what can be broken
#   infra/break.sh NAME      breaks it, in containers or native processes, whichever run
#   infra/break.sh --mend    all is as it was
#
# No file of the repository changes. var/break/ holds the changed copies, a compose file for each unit and a supervisor
# section for each service that is to use them; infra/stack.sh and infra/native/supervisord.conf read those on top of
# their own as long as they are there. BREAK_DIR and BREAK_APPLY, the command that makes the services read them, are for tests.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

overlay=${BREAK_DIR:-var/break}
read -ra apply <<<"${BREAK_APPLY:-infra/stack.sh apply}"

say() { printf 'break: %s\n' "$*" >&2; }
fail() { local code=$1; shift; say "$@"; exit "$code"; }

# Name, what is done. Which arrow each one breaks stands in the README.
breaks() {
    cat <<'BREAKS'
exemplars-off Alloy no longer sends exemplars on
remote-write-path Alloy writes to Prometheus's path, which Mimir does not have
log-path Alloy follows a file by another name
trace-id-label trace_id becomes a label of Loki's
otlp-port the API sends OTLP gRPC to the port for HTTP
service-graph-off Tempo makes no service graph
derived-field Grafana looks for the trace id in the line's text, as if it were key=value
BREAKS
}

do_break() {
    case $1 in
        exemplars-off) change alloy alloy/config.alloy 's/send_exemplars\( *\)= true/send_exemplars\1= false/' ;;
        remote-write-path) point alloy MIMIR_PUSH_URL http://mimir:9009/api/v1/write http://127.0.0.1:9009/api/v1/write ;;
        log-path) point alloy API_LOG_FILE /var/logs/application.log "$PWD/var/logs/application.log" ;;
        trace-id-label)
            change alloy alloy/config.alloy 's/to = "attributes\.trace_id"/to = "resource.trace_id"/'
            change loki loki/loki.yaml 's/attributes: \[service, level, method\]/attributes: [service, level, method, trace_id]/' ;;
        otlp-port) point api OTEL_EXPORTER_OTLP_ENDPOINT http://tempo:4318 http://127.0.0.1:4318 ;;
        service-graph-off) change tempo tempo/tempo.yaml 's/processors: \[service-graphs, span-metrics\]/processors: [span-metrics]/' ;;
        derived-field)
            change grafana grafana/provisioning/datasources/datasources.yaml \
                's/matcherType: label/matcherType: regex/; s/matcherRegex: trace_id/matcherRegex: trace_id=(\\w+)/' ;;
    esac
}

# Service $1 gets a copy of infra/$2 that the sed script $3 has changed.
change() {
    local copy=$overlay/infra/$2
    mkdir -p "$(dirname "$copy")"
    [ "$1" != grafana ] || cp -R infra/grafana/provisioning "$overlay/infra/grafana/" # it is given the folder
    sed "$3" "infra/$2" >"$copy"
    ! cmp -s "infra/$2" "$copy" || fail 1 "infra/$2 has nothing that '$3' would change"
    # Compose takes paths from the first file's folder, infra/.
    compose_section "$1" "volumes: [\"../$copy:/etc/$2:ro\"]"
    if [ "$1" = grafana ]; then
        native_section "$1" "environment=GF_PATHS_PROVISIONING=\"$PWD/$overlay/infra/grafana/provisioning\""
    else
        native_section "$1" "$(sed -n "/^\[program:$1\]/,/^$/s|^\(command=.*\)infra/$2|\1$copy|p" infra/native/supervisord.conf)"
    fi
}

# Service $1 gets the environment variable $2, in containers as $3, natively as $4.
point() {
    compose_section "$1" "environment: {$2: \"$3\"}"
    native_section "$1" "environment=$2=\"$4\""
}

compose_section() {
    local file=$overlay/obs.yml
    case $1 in api | alloy) file=$overlay/api.yml ;; esac
    [ -f "$file" ] || echo 'services:' >"$file"
    printf '  %s:\n    %s\n' "$1" "$2" >>"$file"
}
native_section() {
    printf '[program:%s]\n%s\n' "$1" "$2" >"$overlay/$1.conf"
    echo "$1" >>"$overlay/services"
}

list() {
    echo "A silent failure of the telemetry's own path. Break one, then ask just verify; just mend ends it:"
    breaks | while read -r name what; do printf '  just break %-18s %s\n' "$name" "$what"; done
}

mend() {
    [ -d "$overlay" ] || fail 1 "nothing is broken"
    local services
    services=$(cat "$overlay/services")
    rm -r "$overlay"
    xargs "${apply[@]}" <<<"$services"
    echo "Mended."
}

[ $# -gt 0 ] || { list; exit; }
[ $# -eq 1 ] || fail 2 "expected one NAME, got '$*'"
[ "$1" != --mend ] || { mend; exit; }
row=$(breaks | awk -v wanted="$1" '$1 == wanted')
[ -n "$row" ] || fail 2 "expected one of $(breaks | cut -d' ' -f1 | paste -sd' ' -), got '$1'"
read -r name what <<<"$row"
[ ! -d "$overlay" ] || fail 1 "$(cat "$overlay/name") is broken already; just mend first"
mkdir -p "$overlay"
trap 'rm -rf "$overlay"' EXIT
do_break "$name"
echo "$name" >"$overlay/name"
trap - EXIT
xargs "${apply[@]}" <"$overlay/services" || { mend >/dev/null 2>&1 || true; fail 1 "nothing was broken"; }
echo "Broken: $what. just verify finds it and says where to look; just mend ends it."
