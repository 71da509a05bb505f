#!/usr/bin/env bash
# The stack as native processes, without Docker: every service that is on the PATH, on loopback, with its data below
# STACK_DATA (var).
#
#   infra/native/native.sh up             starts the stack and checks it with verify
#   infra/native/native.sh down | status | logs [SERVICE…]
#   infra/native/native.sh start|stop|restart SERVICE…
#   infra/native/native.sh runs           exit code 0 when a part of the stack runs natively
set -euo pipefail
# build/*.args choose the garbage collector, and the JVM refuses a second choice. The endpoint is set for the API only:
# Loki, Tempo and Alloy would export their own traces.
unset JAVA_TOOL_OPTIONS JDK_JAVA_OPTIONS _JAVA_OPTIONS OTEL_EXPORTER_OTLP_ENDPOINT
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
ROOT=$PWD
case ${STACK_DATA:=var} in /*) DATA=$STACK_DATA ;; *) DATA=$ROOT/$STACK_DATA ;; esac
export STACK_DATA=$DATA
NATIVE=$DATA/native
CONFIGS=$ROOT/infra # infra/break.sh changes it for a service
SERVICES='minio mimir prometheus loki tempo grafana alloy api'

say() { printf 'stack: %s\n' "$*" >&2; }
fail() { say "$@"; exit 1; }
on_path() { command -v "$1" >/dev/null; }
store=minio
if ! on_path minio && on_path silo; then store=silo; fi
metrics=mimir
if ! on_path mimir && on_path prometheus; then metrics=prometheus; fi

# Sets ports and command of service $1. The service has started when it listens on the first port.
define() {
    case $1 in
        minio) ports=(9000 9001)
            run=("$store" server --address 127.0.0.1:9000 --console-address 127.0.0.1:9001 "$NATIVE/minio") ;;
        mimir) ports=(9009)
            run=(mimir -config.file="$CONFIGS/mimir/mimir.yaml" -config.expand-env=true
                -query-frontend.instance-addr=127.0.0.1) ;;
        prometheus) ports=(9009)
            # shellcheck disable=SC2054 # the comma is part of an option
            run=(prometheus --config.file=infra/native/prometheus.yml --web.listen-address=127.0.0.1:9009
                --web.route-prefix=/prometheus --web.external-url=http://127.0.0.1:9009/prometheus --log.level=warn
                --web.enable-remote-write-receiver --enable-feature=exemplar-storage,native-histograms
                --storage.tsdb.path="$NATIVE/prometheus" --storage.tsdb.retention.time=7d) ;;
        loki) ports=(3100)
            run=(loki -config.file="$CONFIGS/loki/loki.yaml" -config.expand-env=true) ;;
        tempo) ports=(3200 4317)
            run=(tempo -config.file="$CONFIGS/tempo/tempo.yaml" -config.expand-env=true) ;;
        grafana) ports=(3000)
            run=(env GF_PATHS_PROVISIONING="$CONFIGS/grafana/provisioning" grafana server
                --homepath "$(dirname "$(realpath "$(command -v grafana)")")/../share/grafana") ;;
        alloy) ports=(12345)
            run=(alloy run --stability.level=public-preview --disable-reporting --storage.path="$NATIVE/alloy"
                --server.http.listen-addr=127.0.0.1:12345 "$CONFIGS/alloy/config.alloy") ;;
        api) ports=(8000)
            run=(env OTEL_EXPORTER_OTLP_ENDPOINT="${OTEL_EXPORTER_OTLP_ENDPOINT:-http://127.0.0.1:4317}"
                build/jdk/bin/java @build/api.args) ;;
        *) fail "expected one of $SERVICES, got '$1'" ;;
    esac
}

# The environment of the services. Each configuration file reads its addresses from it.
export LISTEN_ADDRESS=127.0.0.1 S3_ENDPOINT=127.0.0.1:9000 S3_ACCESS_KEY=minioadmin S3_SECRET_KEY=minioadmin
export MINIO_ROOT_USER=minioadmin MINIO_ROOT_PASSWORD=minioadmin MINIO_UPDATE=off MINIO_PROMETHEUS_AUTH_TYPE=public
export LOKI_DATA=$NATIVE/loki TEMPO_DATA=$NATIVE/tempo MIMIR_DATA=$NATIVE/mimir MIMIR_RULES=$ROOT/infra/mimir/rules
export ALLOY_POSITIONS=$NATIVE/alloy/positions API_ADDRESS=127.0.0.1:8000 API_LOG_FILE=$DATA/logs/app.log
export HTTP_HOST=127.0.0.1 HTTP_PORT=8000 LOG_FILE=$DATA/logs/app.log
export MIMIR_URL=http://127.0.0.1:9009/prometheus LOKI_URL=http://127.0.0.1:3100 TEMPO_URL=http://127.0.0.1:3200
export LOKI_OTLP_URL=http://127.0.0.1:3100/otlp MIMIR_PUSH_URL=http://127.0.0.1:9009/api/v1/push
[ "$metrics" = mimir ] || MIMIR_PUSH_URL=http://127.0.0.1:9009/prometheus/api/v1/write
export DASHBOARDS=$ROOT/infra/grafana/dashboards GF_SERVER_HTTP_ADDR=127.0.0.1
export GF_PATHS_DATA=$NATIVE/grafana GF_PATHS_LOGS=$NATIVE/grafana/log GF_PATHS_PLUGINS=$NATIVE/grafana/plugins
export GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH=$DASHBOARDS/service.json
set -a
# shellcheck source=/dev/null
. infra/grafana/grafana.env
set +a

# Prints why service $1 cannot run here; nothing if it can.
obstacle() {
    local program=$1
    [ "$1" != minio ] || program=$store
    if [ "$1" = api ]; then return
    elif ! on_path "$program"; then echo "is not on the PATH"
    elif [[ ' mimir loki tempo ' = *" $1 "* ]] && ! on_path "$store"; then echo "cannot work without minio"
    fi
}

# $NATIVE/SERVICE.pid holds PID and start time, since PIDs are reused. If a service crashes, its file stays, so that status reports it.
pid_of() { cut -d' ' -f1 "$NATIVE/$1.pid" 2>/dev/null || true; }
# A killed process that its parent has not waited for (state Z) is not alive.
started_at() { LC_ALL=C ps -o stat= -o lstart= -p "$1" 2>/dev/null | sed '/^Z/d; s/^[^ ]* *//'; }
alive() {
    local started; started=$(started_at "$(pid_of "$1")")
    [ -n "$started" ] && [ "$(pid_of "$1") $started" = "$(cat "$NATIVE/$1.pid")" ]
}
runs() { local service; for service in $SERVICES; do if alive "$service"; then return; fi; done; return 1; }
listens() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

start() {
    set -m # a process group of its own: Ctrl-C in the terminal does not reach the service
    (
        trap '' HUP # the service survives the end of the terminal
        # shellcheck disable=SC1090 # written by infra/break.sh
        [ ! -f "$DATA/break/$1.env" ] || . "$DATA/break/$1.env"
        define "$1"
        exec "${run[@]}"
    ) </dev/null >>"$NATIVE/$1.log" 2>&1 &
    set +m
    echo "$! $(started_at $!)" >"$NATIVE/$1.pid"
    echo "runner $!" >>"$NATIVE/run" # for verify
}

# Returns when service $1 listens.
await() {
    local tries=0
    define "$1"
    until listens "${ports[0]}"; do
        alive "$1" || fail "$1 has ended: just logs $1; its last line: $(tail -n 1 "$NATIVE/$1.log")"
        [ $((tries += 1)) -le 900 ] || fail "$1 runs, but does not listen on port ${ports[0]} after 180 s: just logs $1"
        sleep 0.2
    done
}

stop() {
    local tries=0
    if alive "$1"; then kill "$(pid_of "$1")" || true; fi
    while alive "$1" && [ $((tries += 1)) -le 100 ]; do sleep 0.2; done
    if alive "$1"; then kill -9 "$(pid_of "$1")" || true; fi # the write-ahead logs keep what was not flushed
    rm -f "$NATIVE/$1.pid"
}

restart() {
    [ -f "$NATIVE/$1.pid" ] || fail "$1 does not run here"
    stop "$1"
    start "$1"
    await "$1"
}

up() {
    local service port reason chosen=()
    ! runs || fail "runs already: just down-native stops it"
    mkdir -p "$NATIVE"/{minio/{mimir,loki,tempo},loki,tempo,mimir,alloy,grafana} "$DATA/logs"
    rm -f "$NATIVE"/*.log "$NATIVE/run"
    [ "$metrics" = mimir ] || say "prometheus replaces mimir on port 9009"
    for service in minio "$metrics" loki tempo grafana alloy api; do
        reason=$(obstacle "$service")
        if [ -n "$reason" ]; then
            say "left out: $service $reason"
            echo "left-out $service $service $reason" >>"$NATIVE/run" # for verify
            continue
        fi
        define "$service"
        for port in "${ports[@]}"; do
            ! listens "$port" || fail "port $port, which $service needs, is taken by another process: lsof -i :$port"
        done
        chosen+=("$service")
    done
    ./build.sh jar
    for service in "${chosen[@]}"; do
        start "$service"
        [ "$service" != minio ] || await minio # the backends end when they cannot reach it
    done
    for service in "${chosen[@]}"; do await "$service"; done
    build/jdk/bin/java @build/verify.args --wait=180 || fail "runs, but verify failed; see above"
    status
}

# The API first, and Alloy two seconds later, so that Alloy reads the last lines.
down() {
    local service
    stop api
    ! alive alloy || sleep 2
    stop alloy
    for service in mimir prometheus loki tempo grafana; do stop "$service" & done
    wait
    stop minio # last: the backends write to it when they stop
    rm -f "$NATIVE/run"
}

status() {
    local service
    for service in $SERVICES; do
        if alive "$service"; then
            define "$service"
            printf '  %-11s http://localhost:%-6s pid %s\n' "$service" "${ports[0]}" "$(pid_of "$service")"
        elif [ -f "$NATIVE/$service.pid" ]; then
            printf '  %-11s has ended: just logs %s\n' "$service" "$service"
        fi
    done
    sed -n 's/^left-out [^ ]* /  left out: /p' "$NATIVE/run"
}

logs() {
    cd "$NATIVE"
    if [ $# -eq 0 ]; then set -- *.log; else set -- "${@/%/.log}"; fi
    [ "$metrics" = mimir ] || set -- "${@/#mimir.log/prometheus.log}" # verify names the service mimir
    tail -n 50 -f "$@"
}

verb=${1:-}
[ $# -eq 0 ] || shift
case $verb in
    up | down | status | runs) "$verb" ;;
    logs) logs "$@" ;;
    start | stop | restart) for service in "$@"; do "$verb" "$service"; done ;;
    *) fail "expected up, down, status, logs, start, stop, restart or runs, got '$verb'" ;;
esac
