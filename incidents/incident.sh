#!/usr/bin/env bash
# Breaks the running service in one of five ways and sends the traffic that shows it, for people who want to find out
# why with the three pillars. The justfile is its door.
#
#   incidents/incident.sh                  lists the incidents
#   incidents/incident.sh NAME             starts one; its page, incidents/NAME.md, has hints to unfold
#   incidents/incident.sh NAME --solve     ends it and tells the story
#
# Settings: TRAFFIC_TARGET, the service (http://127.0.0.1:8000); TRAFFIC_RATE, visits a second, where the incident's own
# are too many; INCIDENT_DIR (var/incident), where it remembers which traffic it started.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

export TRAFFIC_TARGET=${TRAFFIC_TARGET:-http://127.0.0.1:8000}
state=${INCIDENT_DIR:-var/incident}

say() { printf 'incident: %s\n' "$*" >&2; }
fail() { local code=$1; shift; say "$@"; exit "$code"; }

# The only place that knows which fault is behind a name: name, fault, visits a second, their mix, what people say.
incidents() {
    cat <<'INCIDENTS'
monday-morning slow-payments 10 menu=50,order=35,lookup=15 "Paying takes for ever today."
the-regular error-burst 15 menu=30,order=20,lookup=50 "Sometimes I can't see the order I just made."
rush-hour lock-contention 18 menu=30,order=55,lookup=15 "Fine all day, unbearable at noon."
chatty log-storm 10 menu=80,order=15,lookup=5 "Who is filling our disk?"
slow-drip memory-leak 12 menu=20,order=60,lookup=20 "It has to be restarted every other day."
INCIDENTS
}

list() {
    echo "Something is wrong, and you are on call. Start one, then find the line of code:"
    incidents | while read -r name _ _ _ said; do printf '  just incident %-16s %s\n' "$name" "$said"; done
    echo "Stuck? incidents/NAME.md has hints to unfold. Found it, or had enough: just incident NAME --solve"
}

# $1: true or false. The service says why where it refuses.
switch() {
    local answer
    answer=$(curl --silent --show-error --max-time 5 --write-out '\n%{http_code}' \
        --data "{\"fault\": \"$fault\", \"on\": $1}" "$TRAFFIC_TARGET/faults" 2>&1) ||
        fail 1 "no service at $TRAFFIC_TARGET (${answer%%$'\n'*}); start it with FAULTS=on java Main.java or FAULTS=on just up"
    case ${answer##*$'\n'} in
        200) ;;
        404) fail 1 "the service at $TRAFFIC_TARGET can't be broken on purpose; start it with FAULTS=on, as in FAULTS=on java Main.java or FAULTS=on just up" ;;
        *) fail 1 "expected 200 from $TRAFFIC_TARGET/faults, got ${answer##*$'\n'}: ${answer%$'\n'*}" ;;
    esac
}

# Ends the traffic that an earlier start left, and only that: by its pid, and only while that is still our traffic.
stop_traffic() {
    local pid
    if [ -f "$state/$name.pid" ]; then
        pid=$(cat "$state/$name.pid")
        rm "$state/$name.pid"
        if ps -o args= -p "$pid" 2>/dev/null | grep 'traffic\.args' >/dev/null; then
            kill "$pid" 2>/dev/null || true
        fi
    fi
}

# It says so once it has read its settings.
traffic_flows() {
    until grep '^traffic: ' "$state/$name.out" >/dev/null 2>&1; do
        kill -0 "$1" 2>/dev/null || return 1
        sleep 0.1
    done
}

start() {
    [ -f build/traffic.args ] || ./build.sh jar
    switch true
    mkdir -p "$state"
    stop_traffic
    rm -f "$state/$name.out"
    local java pid
    java=$(./build.sh jdk)/bin/java # before the pid is known, which must be the traffic's
    TRAFFIC_RATE=${TRAFFIC_RATE:-$rate} TRAFFIC_MIX=$mix TRAFFIC_DURATION=30m \
        nohup "$java" @build/traffic.args >"$state/$name.out" 2>&1 </dev/null &
    pid=$!
    echo "$pid" >"$state/$name.pid"
    if ! traffic_flows "$pid"; then
        rm "$state/$name.pid"
        switch false
        fail 1 "its traffic ended, so the fault is off again: $(cat "$state/$name.out")"
    fi
    cat <<STARTED
It is $(date +%H:%M), your phone rings: $said
Traffic flows (for half an hour, or until it is solved). Open http://localhost:3000, give it a minute, and find the line of code.
  hints                  incidents/$name.md
  give up, or compare    just incident $name --solve
STARTED
}

solve() {
    stop_traffic
    switch false
    # The page's last part is the story, so that it is told once.
    awk '/<summary>The whole story<\/summary>/ { on = 1; next } on && /<\/details>/ { exit } on' "incidents/$name.md"
    echo "It is over: the fault is off, its traffic ended."
}

[ $# -gt 0 ] || { list; exit; }
[ $# -eq 1 ] || [ "$#:$2" = 2:--solve ] || fail 2 "expected NAME or NAME --solve, got '$*'"
row=$(incidents | awk -v wanted="$1" '$1 == wanted || $2 == wanted')
[ -n "$row" ] || fail 2 "expected one of $(incidents | cut -d' ' -f1 | paste -sd' ' -), got '$1'"
read -r name fault rate mix said <<<"$row"
if [ $# -eq 2 ]; then solve; else start; fi
