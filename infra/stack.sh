#!/usr/bin/env bash
# The full stack in containers. The justfile calls it.
#
#   infra/stack.sh up | down          starts both compose units and checks them with verify; stops them, the data stays
#   infra/stack.sh status | logs [SERVICE…] | restart SERVICE…
#   infra/stack.sh clean              stops everything and deletes its data
#
# While the stack runs as native processes, infra/native/native.sh does status, logs and restart.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

case ${STACK_DATA:=var} in /*) DATA=$STACK_DATA ;; *) DATA=$PWD/$STACK_DATA ;; esac
export STACK_DATA=$DATA

fail() { printf 'stack: %s\n' "$*" >&2; exit 1; }

compose() {
    if docker compose version >/dev/null 2>&1; then docker compose "$@"
    elif command -v docker-compose >/dev/null; then docker-compose "$@"
    elif command -v podman-compose >/dev/null; then podman-compose "$@"
    else fail "needs docker compose, docker-compose or podman-compose, found none; without containers: just up-native"
    fi
}

# Compose for the unit $1: obs or api. -p, because COMPOSE_PROJECT_NAME would join both units into one project.
unit() {
    local files=(-p "demo-$1" -f "infra/docker-compose.$1.yml")
    [ ! -f "$DATA/break/$1.yml" ] || files+=(-f "$DATA/break/$1.yml") # written by infra/break.sh
    compose "${files[@]}" "${@:2}"
}
obs() { unit obs "$@"; }
api() { unit api "$@"; }
unit_of() { case $1 in api | alloy) echo api ;; *) echo obs ;; esac; }

# The API's container runs as the calling user, so that this user owns the log files. For root it runs as 1000.
[ "$(id -u)" = 0 ] || export API_USER="${API_USER:-$(id -u):$(id -g)}"

up() {
    local wait=()
    mkdir -p "$DATA/minio" "$DATA/grafana" "$DATA/logs"
    # podman-compose 1.0 does not have --wait; there, verify alone waits.
    if [[ $(compose up --help 2>&1) == *--wait* ]]; then wait=(--wait); fi
    api build --quiet
    obs up -d "${wait[@]+"${wait[@]}"}"
    api up -d "${wait[@]+"${wait[@]}"}"
    ./build.sh run verify --wait=180 || fail "runs, but verify failed; see above"
    echo 'Grafana http://localhost:3000 (admin / admin), API http://localhost:8000'
}

# The API stops first and Alloy two seconds later, so that Alloy reads the last lines. Both units have stopped before
# their network is removed. $@: options of compose's down.
down() {
    api stop api || true
    sleep 2
    api stop
    obs stop
    api down "$@"
    obs down "$@"
}

status() { obs ps && api ps; }

logs() {
    if [ $# -gt 0 ]; then unit "$(unit_of "$1")" logs --tail 50 --follow "$@"; return; fi
    obs logs --tail 50 --follow & api logs --tail 50 --follow
    wait
}

# Starts the services again, with their current configuration.
restart() {
    local service
    for service in "$@"; do unit "$(unit_of "$service")" up -d --no-deps --force-recreate "$service"; done
}

clean() {
    infra/native/native.sh down
    if { docker info || podman info; } >/dev/null 2>&1; then down --volumes; fi
    # Files that root's containers wrote are deleted by a root container.
    rm -rf "$DATA"/{break,minio,grafana,logs,native} 2>/dev/null ||
        obs run --rm --no-deps --volume "$DATA:/demo" prepare 'rm -rf /demo/minio /demo/grafana /demo/logs /demo/native'
}

verb=${1:-}
[ $# -eq 0 ] || shift
case $verb in
    status | logs | restart) ! infra/native/native.sh runs || exec infra/native/native.sh "$verb" "$@" ;;
esac
case $verb in
    up | down | status | logs | restart | clean) "$verb" "$@" ;;
    *) fail "expected up, down, status, logs, restart or clean, got '$verb'" ;;
esac
