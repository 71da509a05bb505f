#!/usr/bin/env bash
# The stack as native processes, without Docker: every service that is on the PATH, on loopback, with its data below
# STACK_DATA (var). Each service has a keeper, a shell that starts the service again when it ends.
#
#   infra/native/native.sh up                starts the stack and checks it with verify
#   infra/native/native.sh down              stops the stack and services left over from an earlier start
#   infra/native/native.sh status | logs [SERVICE…]
#   infra/native/native.sh restart|stop|start SERVICE…
#   infra/native/native.sh signal NAME SERVICE   sends a signal to the service; its keeper starts it again
#   infra/native/native.sh runs              exit code 0 when the stack, or a part of it, runs natively
set -euo pipefail
unset JAVA_TOOL_OPTIONS JDK_JAVA_OPTIONS _JAVA_OPTIONS # build/*.args choose the garbage collector; a second choice fails
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
ROOT=$PWD
case ${STACK_DATA:=var} in /*) DATA=$STACK_DATA ;; *) DATA=$ROOT/$STACK_DATA ;; esac
export STACK_DATA=$DATA
NATIVE=$DATA/native
SERVICES='minio mimir prometheus loki tempo grafana alloy api'
MAX_QUICK_ENDS=5 # of less than five seconds each; then the keeper stops restarting

say() { printf 'stack: %s\n' "$*" >&2; }
fail() { say "$@"; exit 1; }

# ---- what runs -------------------------------------------------------------------------------------------------

# The first port is the one that a started service listens on.
ports() {
    case $1 in
        minio) echo 9000 9001 ;; mimir | prometheus) echo 9009 ;; loki) echo 3100 ;; tempo) echo 3200 4317 ;;
        grafana) echo 3000 ;; alloy) echo 12345 ;; api) echo 8000 ;;
    esac
}

# Seconds that a service may take to stop. Tempo's spans are on disk within a second; Tempo may hang after a query.
grace() { case $1 in loki | mimir | prometheus) echo 30 ;; alloy) echo 20 ;; api) echo 15 ;; *) echo 10 ;; esac; }

# Fills `run` and `left_out` (lines "SERVICE REASON").
plan() {
    local service
    run=() left_out=()
    store=minio
    command -v minio >/dev/null || ! command -v silo >/dev/null || store=silo
    for service in minio mimir loki tempo grafana alloy; do
        if [ "$service" = minio ] && command -v "$store" >/dev/null; then run+=(minio)
        elif ! command -v "$service" >/dev/null; then left_out+=("$service $service is not on the PATH")
        # An older Tempo refuses the configuration of Tempo 3.
        elif [ "$service" = tempo ] && [[ $(tempo -help 2>&1) != *-live-store* ]]; then
            left_out+=("tempo the tempo on the PATH is older than 3")
        elif [[ ' mimir loki tempo ' == *" $service "* && " ${run[*]-} " != *' minio '* ]]; then
            left_out+=("$service $service cannot work without minio")
        else run+=("$service")
        fi
    done
    if [[ " ${run[*]-} " != *' mimir '* ]] && command -v prometheus >/dev/null; then
        run+=(prometheus)
        left_out=("${left_out[@]/#mimir */}") # Prometheus replaces Mimir
    fi
    run+=(api)
}

environment() {
    export LISTEN_ADDRESS=127.0.0.1 S3_ENDPOINT=127.0.0.1:9000 S3_ACCESS_KEY=minioadmin S3_SECRET_KEY=minioadmin
    export MINIO_ROOT_USER=minioadmin MINIO_ROOT_PASSWORD=minioadmin MINIO_UPDATE=off MINIO_PROMETHEUS_AUTH_TYPE=public
    export LOKI_DATA=$NATIVE/loki TEMPO_DATA=$NATIVE/tempo MIMIR_DATA=$NATIVE/mimir MIMIR_RULES=$ROOT/infra/mimir/rules
    export ALLOY_POSITIONS=$NATIVE/alloy/positions API_ADDRESS=127.0.0.1:8000 API_LOG_FILE=$DATA/logs/app.log
    export HTTP_HOST=127.0.0.1 HTTP_PORT=8000 LOG_FILE=$DATA/logs/app.log
    export MIMIR_URL=http://127.0.0.1:9009/prometheus LOKI_URL=http://127.0.0.1:3100 TEMPO_URL=http://127.0.0.1:3200
    export LOKI_OTLP_URL=http://127.0.0.1:3100/otlp MIMIR_PUSH_URL=http://127.0.0.1:9009/api/v1/push
    [[ " ${run[*]} " != *' prometheus '* ]] || MIMIR_PUSH_URL=http://127.0.0.1:9009/prometheus/api/v1/write
    export DASHBOARDS=$ROOT/infra/grafana/dashboards GF_SERVER_HTTP_ADDR=127.0.0.1
    export GF_SECURITY_ADMIN_USER=admin GF_SECURITY_ADMIN_PASSWORD=admin GF_LOG_LEVEL=warn
    export GF_PATHS_DATA=$NATIVE/grafana GF_PATHS_LOGS=$NATIVE/grafana/log GF_PATHS_PLUGINS=$NATIVE/grafana/plugins
    export GF_PATHS_PROVISIONING=$ROOT/infra/grafana/provisioning
    export GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH=$DASHBOARDS/service.json
    export GF_PLUGINS_PREINSTALL_DISABLED=true GF_PLUGINS_PLUGIN_ADMIN_ENABLED=false
    export GF_PLUGINS_PUBLIC_KEY_RETRIEVAL_DISABLED=true GF_ANALYTICS_REPORTING_ENABLED=false
    export GF_ANALYTICS_CHECK_FOR_UPDATES=false GF_ANALYTICS_CHECK_FOR_PLUGIN_UPDATES=false
    export GF_NEWS_NEWS_FEED_ENABLED=false
}

# Replaces this shell by service $1. break/$1.env is what infra/break.sh changes.
launch() {
    # shellcheck disable=SC1090 # written by infra/break.sh
    [ ! -f "$DATA/break/$1.env" ] || . "$DATA/break/$1.env"
    case $1 in
        minio) exec "$store" server --address 127.0.0.1:9000 --console-address 127.0.0.1:9001 "$NATIVE/minio" ;;
        mimir) exec mimir -config.file=infra/mimir/mimir.yaml -config.expand-env=true \
            -query-frontend.instance-addr=127.0.0.1 ;;
        prometheus) exec prometheus --config.file=infra/native/prometheus.yml --web.listen-address=127.0.0.1:9009 \
            --web.route-prefix=/prometheus --web.external-url=http://127.0.0.1:9009/prometheus --log.level=warn \
            --web.enable-remote-write-receiver --enable-feature=exemplar-storage,native-histograms \
            --storage.tsdb.path="$NATIVE/prometheus" --storage.tsdb.retention.time=7d ;;
        loki) exec loki -config.file="${LOKI_CONFIG:-infra/loki/loki.yaml}" -config.expand-env=true ;;
        tempo) exec tempo -config.file="${TEMPO_CONFIG:-infra/tempo/tempo.yaml}" -config.expand-env=true ;;
        grafana) exec grafana server --homepath "$(dirname "$(realpath "$(command -v grafana)")")/../share/grafana" ;;
        alloy) exec alloy run --stability.level=public-preview --disable-reporting --storage.path="$NATIVE/alloy" \
            --server.http.listen-addr=127.0.0.1:12345 "${ALLOY_CONFIG:-infra/alloy/config.alloy}" ;;
        api) # Set for the API only: Loki, Tempo and Alloy would export their own traces.
            export OTEL_EXPORTER_OTLP_ENDPOINT=${API_OTLP_ENDPOINT:-http://127.0.0.1:4317}
            exec build/jdk/bin/java @build/api.args ;;
    esac
}

# ---- processes -------------------------------------------------------------------------------------------------

# $NATIVE/SERVICE.pid has two lines, for the keeper and for the service: PID and start time, since PIDs are reused.
# A killed process that its parent has not waited for (state Z) is not alive.
started_at() { LC_ALL=C ps -o stat= -o lstart= -p "$1" 2>/dev/null | sed '/^Z/d; s/^[^ ]* *//'; }
pid_of() { sed -n "$2s/ .*//p" "$NATIVE/$1.pid" 2>/dev/null || true; }
alive() {
    local pid; pid=$(pid_of "$1" "$2")
    [ -n "$pid" ] && [ "$pid $(started_at "$pid")" = "$(sed -n "$2p" "$NATIVE/$1.pid" 2>/dev/null)" ]
}
keeper_alive() { alive "$1" 1; }
service_alive() { alive "$1" 2; }
any_alive() {
    local service
    for service in $SERVICES; do if keeper_alive "$service" || service_alive "$service"; then return; fi; done
    return 1
}
runs() { local service; for service in $SERVICES; do if keeper_alive "$service"; then return; fi; done; return 1; }

# Runs in the background until SIGTERM, or until the service has ended quickly MAX_QUICK_ENDS times in a row.
keep() {
    local child='' stop=false quick=0 began
    trap 'stop=true; [ -z "$child" ] || kill "$child" 2>/dev/null || true' TERM
    trap '' HUP
    rm -f "$NATIVE/$1.failed"
    while [ "$stop" = false ]; do
        began=$SECONDS
        launch "$1" >>"$NATIVE/$1.log" 2>&1 &
        child=$!
        printf '%s %s\n%s %s\n' "$2" "$(started_at "$2")" "$child" "$(started_at "$child")" >"$NATIVE/$1.pid"
        while kill -0 "$child" 2>/dev/null; do wait "$child" || true; done
        [ "$stop" = false ] || break
        if [ $((SECONDS - began)) -lt 5 ]; then quick=$((quick + 1)); else quick=0; fi
        if [ "$quick" -ge "$MAX_QUICK_ENDS" ]; then date >"$NATIVE/$1.failed"; break; fi
        sleep 1
    done
    rm -f "$NATIVE/$1.pid"
}

# Starts the keeper in a process group of its own: Ctrl-C in the terminal reaches neither the keeper nor the service.
start() {
    set -m
    bash "$ROOT/infra/native/native.sh" keep "$1" </dev/null >/dev/null 2>>"$NATIVE/$1.log" &
    echo "runner $!" >>"$NATIVE/run"
    set +m
    until [ -s "$NATIVE/$1.pid" ] || [ -f "$NATIVE/$1.failed" ]; do sleep 0.1; done
}

stop() {
    local tries=0 keeper child
    keeper=$(pid_of "$1" 1) child=$(pid_of "$1" 2)
    if keeper_alive "$1"; then kill "$keeper"; elif service_alive "$1"; then kill "$child"; fi
    while service_alive "$1" && [ $((tries += 1)) -le $(($(grace "$1") * 5)) ]; do sleep 0.2; done
    if service_alive "$1"; then
        say "$1 did not stop within $(grace "$1") s: killed"
        kill -9 "$child" 2>/dev/null || true
    fi
    while keeper_alive "$1"; do sleep 0.1; done
    rm -f "$NATIVE/$1.pid"
}

listens() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# Prints program, PID and folder of the process that listens on port $1, if this system reports them.
holder() {
    local pid=''
    ! command -v lsof >/dev/null || pid=$(lsof -nP -t -iTCP:"$1" -sTCP:LISTEN 2>/dev/null | head -n 1) || true
    [ -n "$pid" ] || ! command -v ss >/dev/null ||
        pid=$(ss -Hltnp "sport = :$1" | sed -n 's/.*pid=\([0-9]*\).*/\1/p' | head -n 1)
    [ -n "$pid" ] || { echo "another process"; return; }
    printf '%s (pid %s) in %s\n' "$(ps -o comm= -p "$pid")" "$pid" \
        "$(readlink "/proc/$pid/cwd" 2>/dev/null || lsof -a -d cwd -p "$pid" -Fn 2>/dev/null | sed -n 's/^n//p')"
}

# Returns when service $1 listens. Fails with the reason otherwise.
await() {
    local port; port=$(ports "$1" | cut -d' ' -f1)
    until listens "$port" && service_alive "$1"; do
        [ ! -f "$NATIVE/$1.failed" ] ||
            fail "$1 ended $MAX_QUICK_ENDS times; just logs $1; its last line: $(tail -n 1 "$NATIVE/$1.log")"
        [ "$SECONDS" -lt "${UP_TIMEOUT:-180}" ] ||
            fail "$1 does not listen on port $port after ${UP_TIMEOUT:-180} s: just logs $1"
        sleep 0.2
    done
}

# ---- verbs -----------------------------------------------------------------------------------------------------

up() {
    local service port
    ! runs || fail "runs already; just down-native stops it"
    ! any_alive || fail "left over from an earlier start: $(left_over); just down-native ends it"
    if ! mkdir -p "$NATIVE"/{minio/{mimir,loki,tempo},loki,tempo,mimir,alloy,grafana} "$DATA/logs" 2>/dev/null ||
        [ ! -w "$NATIVE" ]; then
        fail "cannot write to $NATIVE: check its owner and mode, or set STACK_DATA to another folder"
    fi
    for service in "${run[@]}"; do
        for port in $(ports "$service"); do
            ! listens "$port" || fail "port $port, which $service needs, is taken by $(holder "$port")"
        done
    done
    : >"$NATIVE/run"
    for service in "${left_out[@]+"${left_out[@]}"}"; do
        [ -z "$service" ] || { echo "left-out $service" >>"$NATIVE/run"; say "left out: ${service#* }"; }
    done
    [[ " ${run[*]} " != *' prometheus '* ]] || say "prometheus replaces mimir on port 9009"
    ./build.sh jar
    SECONDS=0
    for service in "${run[@]}"; do
        [ ! -f "$NATIVE/$service.log" ] || mv "$NATIVE/$service.log" "$NATIVE/$service.log.1"
        start "$service"
        [ "$service" != minio ] || await minio # the backends end when they cannot reach it
    done
    for service in "${run[@]}"; do await "$service"; done
    build/jdk/bin/java @build/verify.args --wait="${UP_TIMEOUT:-180}" || fail "runs, but an arrow is broken; see above"
    for service in "${run[@]}"; do service_alive "$service" || fail "$service has ended: just logs $service"; done
    printf 'up after %s s; checked with data: %s\n' "$SECONDS" "${run[*]}"
    memory
    [[ " ${run[*]} " != *' grafana '* ]] || echo '  Grafana        http://localhost:3000   admin / admin'
    echo '  API            http://localhost:8000'
    [[ " ${run[*]} " != *' minio '* ]] || echo '  MinIO console  http://localhost:9001   minioadmin / minioadmin'
}

left_over() {
    local service
    for service in $SERVICES; do
        ! service_alive "$service" || printf '%s (pid %s) ' "$service" "$(pid_of "$service" 2)"
    done
}

memory() {
    local service
    for service in "${run[@]}"; do echo "$service $(ps -o rss= -p "$(pid_of "$service" 2)")"; done |
        awk '{ printf "  %-12s %4d MiB\n", $1, $2 / 1024; all += $2 }
             END { printf "  %-12s %4d MiB\n", "all", all / 1024 }'
}

# The API first, and Alloy two seconds later, so that Alloy reads the last lines.
down() {
    local service
    any_alive || { say "nothing runs"; return; }
    runs || say "stops left-over services: $(left_over)"
    stop api
    ! service_alive alloy || sleep 2
    stop alloy
    for service in mimir prometheus loki tempo grafana; do stop "$service" & done
    wait
    stop minio # last: the backends write to it when they stop
    rm -f "$NATIVE/run"
}

status() {
    local service port state
    for service in "${run[@]}"; do
        port=$(ports "$service" | cut -d' ' -f1)
        if keeper_alive "$service"; then state="runs, pid $(pid_of "$service" 2)"
        elif service_alive "$service"; then
            state="left over, pid $(pid_of "$service" 2): its keeper has ended; just down-native ends it"
        elif [ -f "$NATIVE/$service.failed" ]; then state="ended $MAX_QUICK_ENDS times: just logs $service"
        else state='does not run'; fi
        printf '  %-11s %s\n' "$service" "$state"
        if ! service_alive "$service" && listens "$port"; then
            printf '  %-11s port %s is taken by %s\n' '' "$port" "$(holder "$port")"
        fi
    done
    sed -n 's/^left-out [^ ]* /  left out:   /p' "$NATIVE/run" 2>/dev/null || true
}

logs() {
    local service files=()
    [ $# -gt 0 ] || files=("$NATIVE"/*.log)
    for service in "$@"; do
        [ -f "$NATIVE/$service.log" ] ||
            fail "found no log of '$service', expected one of: $(basename -s .log "$NATIVE"/*.log | paste -sd' ' -)"
        files+=("$NATIVE/$service.log")
    done
    tail -n 50 -F "${files[@]}"
}

restart() {
    keeper_alive "$1" || fail "$1 does not run here"
    stop "$1"
    start "$1"
    SECONDS=0
    await "$1"
}

main() {
    local service verb=${1:-}
    [ $# -eq 0 ] || shift
    plan
    environment
    case $verb in
        up | down | status) "$verb" ;;
        runs) any_alive ;;
        logs) logs "$@" ;;
        start | stop | restart) for service in "$@"; do "$verb" "$service"; done ;;
        signal) kill -s "$1" "$(pid_of "$2" 2)" ;;
        keep) keep "$1" $$; exit ;; # without reading more of this file, which may have changed since
        *) fail "expected up, down, status, logs, restart, stop, start, signal or runs, got '$verb'" ;;
    esac
}

main "$@"
