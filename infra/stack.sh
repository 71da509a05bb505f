#!/usr/bin/env bash
# Starts, watches and stops the full stack, as containers or as native processes. The justfile is its door.
#
#   infra/stack.sh up            both compose units; returns when one request can be found in Mimir, Loki and Tempo
#   infra/stack.sh up-native     the same as native processes under supervisor, for what is on the PATH
#   infra/stack.sh down | down-native | logs [SERVICE…] | status
#   infra/stack.sh config        both units as compose reads them
#   infra/stack.sh native COMMAND… what supervisorctl can do: restart loki, signal KILL alloy, tail api
#   infra/stack.sh apply SERVICE… makes running services read their configuration again (infra/break.sh changes it)
#   infra/stack.sh clean [--yes] stops everything and deletes what it kept
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

ROOT=$PWD
DATA=${STACK_DATA:-$ROOT/var} # of native processes; of containers it is var
NATIVE=$DATA/native
give_up_after=${UP_TIMEOUT:-180} # seconds
metrics_ready=/ready             # Mimir's; where Prometheus stands in for it, its own
native=false                     # whether it is up-native that waits

say() { printf 'stack: %s\n' "$*" >&2; }
fail() { say "$@"; exit 1; }

# ---- compose ---------------------------------------------------------------------------------------------------

compose() {
    if docker compose version >/dev/null 2>&1; then
        docker compose "$@"
    elif command -v docker-compose >/dev/null; then
        docker-compose "$@"
    else
        fail "needs Docker with Compose, found neither 'docker compose' nor 'docker-compose'; without Docker: just up-native"
    fi
}
obs() { unit obs "$@"; }
api() { unit api "$@"; }
# With what infra/break.sh lays over it, as long as that is there.
unit() {
    local files=(-f "infra/docker-compose.$1.yml")
    # Compose 1 knows no `name`: it gets a copy without, and the name as an option.
    if [[ $(compose version 2>/dev/null) == *'version 1.'* ]]; then
        mkdir -p var/compose-1
        sed '/^name:/d' "${files[1]}" >"var/compose-1/$1.yml"
        files=(--project-directory infra -p "demo-$1" -f "var/compose-1/$1.yml")
    fi
    [ ! -f "var/break/$1.yml" ] || files+=(-f "var/break/$1.yml")
    compose "${files[@]}" "${@:2}"
}

# The API's container runs as whoever started it, so that the log files are theirs; root's runs as 1000 all the same.
as_caller() {
    if [ "$(id -u)" = 0 ]; then API_USER=${API_USER:-1000:1000}; else API_USER=${API_USER:-$(id -u):$(id -g)}; fi
    export API_USER
}

up() {
    as_caller
    mkdir -p var/minio var/grafana var/logs
    api build --quiet # before the clock starts: what is measured is the stack, with its images at hand
    began=$(now)
    obs up -d
    api up -d
    watch_until_green
    docker stats --no-stream --format '{{.Name}}	{{.MemUsage}}' |
        awk -F'\t' '/^demo-(obs|api)[-_]/ { printf "  %-22s %s\n", $1, $2 }' | sort
    urls
}

# The API stops first and Alloy two seconds later, so that the last lines are read before the reader goes. Both units have
# stopped before the network that they share is removed. $@: options of compose's down.
down() {
    as_caller
    api stop api || true
    sleep 2
    api stop
    obs stop
    api down "$@"
    obs down "$@"
    docker network rm demo >/dev/null 2>&1 || true # a Compose that left it to the other unit
}

# ---- native processes ------------------------------------------------------------------------------------------

ctl() { supervisorctl -c infra/native/supervisord.conf "$@"; }

# A socket alone may be one that a killed supervisor left.
native_runs() { [ -S "$NATIVE/supervisor.sock" ] && (native_environment && ctl pid) >/dev/null 2>&1; }

native_environment() {
    missing=()
    export ROOT NATIVE
    export LISTEN_ADDRESS=127.0.0.1 S3_ENDPOINT=127.0.0.1:9000 S3_ACCESS_KEY=minioadmin S3_SECRET_KEY=minioadmin
    export LOKI_DATA=$NATIVE/loki TEMPO_DATA=$NATIVE/tempo MIMIR_DATA=$NATIVE/mimir MIMIR_RULES=$ROOT/infra/mimir/rules ALLOY_POSITIONS=$NATIVE/alloy/positions
    export MINIO_ROOT_USER=minioadmin MINIO_ROOT_PASSWORD=minioadmin MINIO_UPDATE=off MINIO_PROMETHEUS_AUTH_TYPE=public
    export API_ADDRESS=127.0.0.1:8000 API_LOG_FILE=$DATA/logs/app.log LOKI_OTLP_URL=http://127.0.0.1:3100/otlp
    export MIMIR_URL=http://127.0.0.1:9009/prometheus LOKI_URL=http://127.0.0.1:3100 TEMPO_URL=http://127.0.0.1:3200
    export HTTP_HOST=127.0.0.1 HTTP_PORT=8000 LOG_FILE=$API_LOG_FILE
    export DASHBOARDS=$ROOT/infra/grafana/dashboards GRAFANA_HOME=$NATIVE
    export GF_SERVER_HTTP_ADDR=127.0.0.1 GF_SECURITY_ADMIN_USER=admin GF_SECURITY_ADMIN_PASSWORD=admin
    export GF_PATHS_DATA=$NATIVE/grafana GF_PATHS_LOGS=$NATIVE/grafana/log GF_PATHS_PLUGINS=$NATIVE/grafana/plugins
    export GF_PATHS_PROVISIONING=$ROOT/infra/grafana/provisioning
    export GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH=$DASHBOARDS/service.json
    export GF_PLUGINS_PREINSTALL_DISABLED=true GF_PLUGINS_PLUGIN_ADMIN_ENABLED=false GF_LOG_LEVEL=warn
    export GF_ANALYTICS_REPORTING_ENABLED=false GF_ANALYTICS_CHECK_FOR_UPDATES=false
    export GF_ANALYTICS_CHECK_FOR_PLUGIN_UPDATES=false GF_NEWS_NEWS_FEED_ENABLED=false
    export RUN_MINIO=minio RUN_JAVA=java MIMIR_PUSH_URL=http://127.0.0.1:9009/api/v1/push
    command -v minio >/dev/null || { ! command -v silo >/dev/null || RUN_MINIO=silo; }
    tempo_is_3
    has MINIO "$RUN_MINIO"; has MIMIR mimir; has LOKI loki; has ALLOY alloy; has GRAFANA grafana
    export HAS_PROMETHEUS=false
    if [ "$HAS_MIMIR" = false ] && command -v prometheus >/dev/null; then
        HAS_PROMETHEUS=true MIMIR_PUSH_URL=http://127.0.0.1:9009/prometheus/api/v1/write
        metrics_ready=/prometheus/-/ready
    fi
    if [ "$HAS_GRAFANA" = true ]; then
        GRAFANA_HOME=$(dirname "$(readlink -f "$(command -v grafana)")")/../share/grafana
    fi
}
# nixpkgs 26.05 brings Tempo 2, which refuses a configuration for Tempo 3 (and the other way round).
tempo_is_3() {
    has TEMPO tempo
    if [ "$HAS_TEMPO" = true ] && [[ $(tempo -help 2>&1) != *-live-store* ]]; then
        HAS_TEMPO=false
        missing+=("tempo 3 (there is an older one)")
    fi
}
has() { if command -v "$2" >/dev/null; then export "HAS_$1=true"; else export "HAS_$1=false"; missing+=("$2"); fi; }

up_native() {
    native_environment
    command -v supervisord >/dev/null || fail "needs supervisor's supervisord on the PATH (nix develop brings it)"
    if native_runs; then fail "runs already; just down-native stops it"; fi
    [ ${#missing[@]} -eq 0 ] || say "not on the PATH, left out: ${missing[*]} (nix develop brings them all)"
    [ "$HAS_PROMETHEUS" = false ] || say "no mimir: prometheus stands in for it on :9009"
    ./build.sh jar
    RUN_JAVA=$(./build.sh jdk)/bin/java
    mkdir -p "$NATIVE"/{minio/{mimir,loki,tempo},loki,tempo,mimir,alloy,grafana} "$DATA/logs"
    began=$(now)
    native=true
    supervisord -c infra/native/supervisord.conf
    watch_until_green
    native_memory
    urls
}

native_memory() {
    { ctl status || true; } | awk '$2 == "RUNNING" { print $1, $4 + 0 } $2 == "STARTING" { print $1 }' | while read -r name pid; do
        [ -n "$pid" ] || pid=$(ctl pid "$name" </dev/null)
        printf '%s %s\n' "$name" "$(ps -o rss= -p "$pid")"
    done | awk '{ printf "  %-22s %4d MiB\n", $1, $2 / 1024; all += $2 } END { printf "  %-22s %4d MiB\n", "all", all / 1024 }'
}

down_native() {
    native_runs || { say "nothing runs"; return; }
    native_environment
    local pid; pid=$(ctl pid)
    ctl stop api
    sleep 2
    [ "$HAS_ALLOY" = false ] || ctl stop alloy
    ctl shutdown
    while kill -0 "$pid" 2>/dev/null; do sleep 0.2; done
}

# ---- readiness -------------------------------------------------------------------------------------------------

# Seconds since the epoch, with a fraction where the shell has one.
now() { printf '%s' "${EPOCHREALTIME:-$(date +%s)}" | tr , .; }
since() { awk -v a="$1" -v b="$(now)" 'BEGIN { printf "%.1f", b - a }'; }
hex() { od -An -N"$1" -tx1 /dev/urandom | tr -d ' \n'; }
get() { curl -fsS --max-time 3 "$@" 2>/dev/null; }

# Asks again and again until the command after $1 answers.
until_answered() {
    local what=$1; shift
    until "$@" >/dev/null; do
        awk -v s="$(since "$began")" -v max="$give_up_after" 'BEGIN { exit !(s > max) }' &&
            fail "$what: not after $give_up_after s; infra/stack.sh status and logs say more"
        sleep 0.3
    done
}
# The same, and prints when it did.
wait_for() {
    until_answered "$@"
    printf '  %-24s %6s s\n' "$1" "$(since "$began")"
}

# Waits for each service and then for one request in all three backends.
watch_until_green() {
    local trace sent job jobs=() metrics=${HAS_MIMIR:-true} alloy=${HAS_ALLOY:-true}
    trace=$(hex 16)
    [ "${HAS_PROMETHEUS:-false}" = false ] || metrics=true
    say "waiting until a request (trace $trace) is found in all three backends"
    trap 'kill $(jobs -p) 2>/dev/null || true' EXIT # those that still wait when it is interrupted
    ready() { if [ "$1" = true ]; then wait_for "$2 ready" get "$3" & jobs+=("$!"); fi; }
    ready "${HAS_MINIO:-true}" MinIO http://127.0.0.1:9000/minio/health/live
    ready "$metrics" Mimir "http://127.0.0.1:9009$metrics_ready"
    ready "${HAS_LOKI:-true}" Loki http://127.0.0.1:3100/ready
    ready "${HAS_TEMPO:-true}" Tempo http://127.0.0.1:3200/ready
    ready "${HAS_GRAFANA:-true}" Grafana http://127.0.0.1:3000/api/health
    # A trace that was sent before Tempo listens is gone: it is asked for only when Tempo is ready.
    [ "${HAS_TEMPO:-true}" = false ] || until_answered "Tempo ready" get http://127.0.0.1:3200/ready
    wait_for "API answers" request "$trace"
    sent=$(date +%s)
    if [ "$alloy$metrics" = truetrue ]; then wait_for "request in Mimir" in_mimir "$sent" & jobs+=("$!"); fi
    if [ "$alloy${HAS_LOKI:-true}" = truetrue ]; then wait_for "request in Loki" in_loki "$trace" & jobs+=("$!"); fi
    if [ "${HAS_TEMPO:-true}" = true ]; then wait_for "request in Tempo" in_tempo "$trace" & jobs+=("$!"); fi
    for job in "${jobs[@]}"; do wait "$job" || exit 1; done
    printf '  %-24s %6s s\n' "all green" "$(since "$began")"
}

request() {
    get -H "traceparent: 00-$1-$(hex 8)-01" http://127.0.0.1:8000/menu && return
    ! native_api_gave_up || fail "the API can't start: $(tail -n 1 "$NATIVE/api.log")"
    return 1
}
native_api_gave_up() { [ "$native" = true ] && [[ $(ctl status api) == *FATAL* ]]; }
# A sample of the request's route that was scraped after the request ($1, in seconds).
in_mimir() {
    get -G http://127.0.0.1:9009/prometheus/api/v1/query --data-urlencode \
        "query=timestamp(http_server_request_duration_seconds_count{job=\"api\",http_route=\"/menu\"}) > $1" | grep '"metric"'
}
in_loki() {
    get -G http://127.0.0.1:3100/loki/api/v1/query_range --data-urlencode \
        "query={service=\"api\"} | trace_id=\"$1\"" --data-urlencode "since=1h" | grep '"stream"'
}
in_tempo() { get "http://127.0.0.1:3200/api/traces/$1" | grep '"spans"'; }

urls() {
    [ "${HAS_GRAFANA:-true}" = false ] || echo '  Grafana        http://localhost:3000   admin / admin'
    echo '  API            http://localhost:8000'
    [ "${HAS_MINIO:-true}" = false ] || echo '  MinIO console  http://localhost:9001   minioadmin / minioadmin'
}

# Only services whose configuration has changed start anew; returns when they answer.
apply() {
    local service name url obs=() api=()
    if native_runs; then
        native_environment
        for service in "$@"; do ctl status "$service" | grep -E "RUNNING|STARTING" >/dev/null || fail "$service does not run here"; done
        ctl reread >/dev/null
        ctl update
    else
        as_caller
        for service in "$@"; do case $service in api | alloy) api+=("$service") ;; *) obs+=("$service") ;; esac; done
        [ ${#obs[@]} -eq 0 ] || obs up -d --no-deps "${obs[@]}"
        [ ${#api[@]} -eq 0 ] || api up -d --no-deps "${api[@]}"
    fi
    began=$(now)
    for service in "$@"; do
        ready_urls | while read -r name url; do
            [ "$(tr '[:upper:]' '[:lower:]' <<<"$name")" != "$service" ] || until_answered "$name" get "$url"
        done
    done
}

# ---- the rest --------------------------------------------------------------------------------------------------

# Of the native processes where those run; else of both units, or of the unit that has the first service named.
logs() {
    if native_runs; then
        native_logs "$@"
    elif [ $# -eq 0 ]; then
        obs logs --tail 50 --follow & api logs --tail 50 --follow
        wait
    elif obs config --services | grep -x "$1" >/dev/null; then
        obs logs --tail 50 --follow "$@"
    else
        api logs --tail 50 --follow "$@"
    fi
}

native_logs() {
    local service files=()
    [ $# -gt 0 ] || files=("$NATIVE"/*.log)
    for service in "$@"; do
        [ -f "$NATIVE/$service.log" ] ||
            fail "found no log of a service '$service', expected one of: $(basename -s .log "$NATIVE"/*.log | paste -sd' ' -)"
        files+=("$NATIVE/$service.log")
    done
    tail -n 50 -F "${files[@]}"
}

ready_urls() {
    cat <<READY
MinIO http://127.0.0.1:9000/minio/health/live
Mimir http://127.0.0.1:9009$metrics_ready
Loki http://127.0.0.1:3100/ready
Tempo http://127.0.0.1:3200/ready
Grafana http://127.0.0.1:3000/api/health
API http://127.0.0.1:8000/readyz
READY
}

status() {
    local name url
    [ ! -f var/break/name ] || echo "  broken on purpose: $(cat var/break/name) (just mend)"
    if native_runs; then native_environment; fi
    ready_urls | while read -r name url; do
        printf '  %-8s %-45s %s\n' "$name" "$url" "$(curl -s -o /dev/null --max-time 3 -w '%{http_code}' "$url" | sed 's/^200$/ready/; s/^000$/no answer/')"
    done
    ! native_runs || ctl status || true
    if docker info >/dev/null 2>&1; then docker ps --filter name='^demo-(obs|api)[-_]' --format 'table {{.Names}}\t{{.Status}}'; fi
}

clean() {
    if [ "${1:-}" != --yes ]; then
        printf 'Delete every log, metric, trace and dashboard setting under %s/var and in the volumes? [y/N] ' "$ROOT"
        local answer; read -r answer || answer=
        case $answer in y | Y | yes) ;; *) fail "nothing was deleted" ;; esac
    fi
    if native_runs; then down_native; fi
    if docker info >/dev/null 2>&1; then down --volumes; fi
    # What root's containers wrote is deleted by one.
    rm -rf var/break var/compose-1
    rm -rf var/minio var/grafana var/logs var/native 2>/dev/null ||
        obs run --rm --no-deps --volume "$ROOT/var:/demo" prepare 'rm -rf /demo/minio /demo/grafana /demo/logs /demo/native'
    say "deleted var/minio, var/grafana, var/logs, var/native and the volumes"
}

case ${1:-} in
    up) up ;;
    down) down ;;
    logs) shift; logs "$@" ;;
    status) status ;;
    config) obs config && api config ;;
    apply) shift; apply "$@" ;;
    clean) shift; clean "$@" ;;
    up-native) up_native ;;
    native) shift; native_environment; ctl "$@" ;;
    down-native) down_native ;;
    *) fail "expected up, down, logs, status, config, apply, clean, up-native, down-native or native, got '${1:-}'" ;;
esac
