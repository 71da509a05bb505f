#!/usr/bin/env bash
# Starts, watches and stops the full stack. The justfile calls it.
#
#   infra/stack.sh up            starts both compose units and checks them with verify
#   infra/stack.sh up-native     the same without Docker (infra/native/native.sh)
#   infra/stack.sh down | down-native | logs [SERVICE…] | status
#   infra/stack.sh config        both units as compose reads them
#   infra/stack.sh apply SERVICE…  restarts running services whose configuration changed (for infra/break.sh)
#   infra/stack.sh clean [--yes] stops everything and deletes its data
set -euo pipefail
unset JAVA_TOOL_OPTIONS JDK_JAVA_OPTIONS _JAVA_OPTIONS # build/*.args choose the collector, and a second choice fails
cd "$(dirname "${BASH_SOURCE[0]}")/.."

case ${STACK_DATA:=var} in /*) DATA=$STACK_DATA ;; *) DATA=$PWD/$STACK_DATA ;; esac
export STACK_DATA=$DATA
timeout=${UP_TIMEOUT:-180} # seconds

say() { printf 'stack: %s\n' "$*" >&2; }
fail() { say "$@"; exit 1; }
native() { infra/native/native.sh "$@"; }

# ---- compose ---------------------------------------------------------------------------------------------------

compose() {
    if docker compose version >/dev/null 2>&1; then docker compose "$@"
    elif command -v docker-compose >/dev/null; then docker-compose "$@"
    elif command -v podman-compose >/dev/null; then podman-compose "$@"
    else fail "needs docker compose, docker-compose or podman-compose, found none; without containers: just up-native"
    fi
}
# -p, because COMPOSE_PROJECT_NAME in the environment would join both units into one project.
unit() {
    local files=(-p "demo-$1" -f "infra/docker-compose.$1.yml")
    [ ! -f "$DATA/break/$1.yml" ] || files+=(-f "$DATA/break/$1.yml")
    compose "${files[@]}" "${@:2}"
}
obs() { unit obs "$@"; }
api() { unit api "$@"; }
unit_of() { case $1 in api | alloy) echo api ;; *) echo obs ;; esac; }

# The API's container runs as the calling user, so that this user owns the log files. For root it runs as 1000.
[ "$(id -u)" = 0 ] || export API_USER="${API_USER:-$(id -u):$(id -g)}"

up() {
    local unreadable wait=() jdk
    mkdir -p "$DATA/minio" "$DATA/grafana" "$DATA/logs" || fail "cannot write to $DATA: check its owner and mode"
    unreadable=$(find infra \( -type f ! -perm -o=r -o -type d ! -perm -o=x \) -print | head -n 1)
    [ -z "$unreadable" ] || fail "containers cannot read $unreadable (a checkout with umask 077?): chmod -R a+rX infra"
    if [[ $(compose up --help 2>&1) == *--wait* ]]; then wait=(--wait); fi
    api build --quiet
    SECONDS=0
    obs up -d "${wait[@]+"${wait[@]}"}"
    api up -d "${wait[@]+"${wait[@]}"}"
    if jdk=$(./build.sh jdk 2>/dev/null); then
        ./build.sh jar
        "$jdk/bin/java" @build/verify.args --wait="$timeout" || fail "runs, but an arrow is broken; see above"
        printf 'up after %s s\n' "$SECONDS"
    else
        say "up after $SECONDS s; not checked with data: verify needs a JDK 25"
    fi
}

addresses() {
    ! listens 3000 || echo '  Grafana        http://localhost:3000   admin / admin'
    ! listens 8000 || echo '  API            http://localhost:8000'
    ! listens 9001 || echo '  MinIO console  http://localhost:9001   minioadmin / minioadmin'
}
listens() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# The API stops first and Alloy two seconds later, so that Alloy reads the last lines. Both units have stopped before
# their network is removed. $@: options of compose's down.
down() {
    api stop api || true
    sleep 2
    api stop
    obs stop
    api down "$@"
    obs down "$@"
    ! command -v docker >/dev/null || docker network rm demo >/dev/null 2>&1 || true # some versions leave it behind
}

# ---- both ways -------------------------------------------------------------------------------------------------

apply() {
    local service
    if native runs; then native restart "$@"; return; fi
    for service in "$@"; do unit "$(unit_of "$service")" up -d --no-deps "$service"; done
}

logs() {
    if native runs; then native logs "$@"
    elif [ $# -gt 0 ]; then unit "$(unit_of "$1")" logs --tail 50 --follow "$@"
    else
        obs logs --tail 50 --follow & api logs --tail 50 --follow
        wait
    fi
}

status() {
    local name url code
    [ ! -f "$DATA/break/name" ] || echo "  broken on purpose: $(cat "$DATA/break/name") (just mend)"
    while read -r name url; do
        code=$(curl --noproxy '*' -s -o /dev/null --max-time 3 -w '%{http_code}' "$url" || true)
        case $code in 200) code=ready ;; 000) code='no response' ;; *) code="responds $code" ;; esac
        printf '  %-8s %-48s %s\n' "$name" "$url" "$code"
    done <<'URLS'
MinIO http://127.0.0.1:9000/minio/health/live
Mimir http://127.0.0.1:9009/prometheus/api/v1/status/buildinfo
Loki http://127.0.0.1:3100/ready
Tempo http://127.0.0.1:3200/ready
Grafana http://127.0.0.1:3000/api/health
API http://127.0.0.1:8000/readyz
URLS
    [ ! -d "$DATA/native" ] || native status
    if docker info >/dev/null 2>&1; then
        docker ps --filter name='^demo-(obs|api)[-_]' --format 'table {{.Names}}\t{{.Status}}'
    fi
}

clean() {
    local answer
    if [ "${1:-}" != --yes ]; then
        printf 'Delete every log, metric, trace and dashboard setting under %s and in the volumes? [y/N] ' "$DATA"
        read -r answer || answer=
        case $answer in y | Y | yes) ;; *) fail "nothing was deleted" ;; esac
    fi
    [ ! -d "$DATA/native" ] || native down
    if docker info >/dev/null 2>&1; then down --volumes; fi
    # Files that root's containers wrote are deleted by a root container.
    rm -rf "$DATA"/{break,minio,grafana,logs,native} 2>/dev/null ||
        obs run --rm --no-deps --volume "$DATA:/demo" prepare 'rm -rf /demo/minio /demo/grafana /demo/logs /demo/native'
    say "deleted the folders minio, grafana, logs and native in $DATA, and the volumes"
}

verb=${1:-}
[ $# -eq 0 ] || shift
case $verb in
    up) up; addresses ;;
    up-native) native up; addresses ;;
    down | logs | status | apply | clean) "$verb" "$@" ;;
    config) obs config && api config ;;
    down-native) native down ;;
    *) fail "expected up, down, logs, status, config, apply, clean, up-native or down-native, got '$verb'" ;;
esac
