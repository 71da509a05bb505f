#!/usr/bin/env bash
# Checks that every log line reaches Loki exactly once. Writes numbered lines with the demo's log, rotated at 10 MB. The real
# Alloy sends the lines to the real Loki with the stack's configuration. Then the script counts the lines in Loki. It is not
# part of the tests: it needs alloy, loki and minio on the PATH, and takes one to five minutes on two cores.
#
#   test/demo/infra/exactly-once.sh CASE [LINES] [LINES_A_SECOND]      (500000, 25000)
#
#   plain        no fault
#   loki-away    Loki is stopped for 60 s, in the middle
#   stopped      Alloy is stopped (SIGTERM) for 3 s, in the middle
#   killed       Alloy is killed (SIGKILL) for 3 s, in the middle; with TIMES=5, five times, 5 s apart
#
# Prints lines=… found=… lost=… doubled=…; exit 1 when a line is lost or doubled. Run `./build.sh test` first: it compiles
# the Java part. With KEEP=1 the output of Alloy and Loki stays in the temporary folder.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../../.."

case ${1:-} in plain | loki-away | stopped | killed) ;; *) sed -n '2,15s/^# \{0,1\}//p' "$0" >&2; exit 2 ;; esac
what=$1 lines=${2:-500000} rate=${3:-25000}
for program in alloy loki minio; do
    command -v "$program" >/dev/null || { echo "exactly-once: needs $program on the PATH" >&2; exit 2; }
done
for port in 3100 9000; do
    if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
        echo "exactly-once: port $port is in use, expected a free one (just down-native?)" >&2
        exit 2
    fi
done

java=$(./build.sh jdk)/bin/java
folder=$(mktemp -d)
alloy='' loki='' minio=''
trap 'kill -9 $alloy $loki $minio 2>/dev/null || true; wait; [ -n "${KEEP:-}" ] || rm -rf "$folder"' EXIT
service=numbered-$$

export LISTEN_ADDRESS=127.0.0.1 S3_ENDPOINT=127.0.0.1:9000 LOKI_DATA=$folder/loki LOKI_OTLP_URL=http://127.0.0.1:3100/otlp
export MINIO_ROOT_USER=minioadmin MINIO_ROOT_PASSWORD=minioadmin
export ALLOY_POSITIONS=$folder/positions API_LOG_FILE=$folder/logs/app.log API_ADDRESS=127.0.0.1:1 MIMIR_PUSH_URL=http://127.0.0.1:1

start_loki() { loki -config.file=infra/loki/loki.yaml -config.expand-env=true >>"$folder/loki.log" 2>&1 & loki=$!; }
start_alloy() {
    alloy run --stability.level=public-preview --disable-reporting --server.http.listen-addr=127.0.0.1:12346 \
        --storage.path="$folder/alloy" infra/alloy/config.alloy >>"$folder/alloy.log" 2>&1 & alloy=$!
}
loki_ready() { until curl --noproxy "*" -fsS -o /dev/null http://127.0.0.1:3100/ready 2>/dev/null; do sleep 0.5; done; }
numbered() { "$java" -Xmx256m -cp "build/test-classes:build/demo.jar:lib/*" demo.infra.NumberedLines "$@"; }

mkdir -p "$folder"/minio/loki "$folder/logs"
minio server --address 127.0.0.1:9000 --console-address 127.0.0.1:0 "$folder/minio" >"$folder/minio.log" 2>&1 & minio=$!
start_loki
loki_ready
start_alloy
numbered write "$API_LOG_FILE" "$service" "$lines" "$rate" >"$folder/span" & writer=$!
sleep $((lines / rate / 2))
case $what in
    loki-away) kill "$loki"; wait "$loki" || true; sleep 60; start_loki ;;
    stopped) kill "$alloy"; wait "$alloy" || true; sleep 3; start_alloy ;;
    killed)
        for ((i = 0; i < ${TIMES:-1}; i++)); do
            [ "$i" = 0 ] || sleep 5
            kill -9 "$alloy"; wait "$alloy" || true; sleep 3; start_alloy
        done ;;
esac
wait "$writer"
read -r from to <"$folder/span"
loki_ready
printf '%s, %s lines/s: ' "$what" "$rate"
numbered count http://127.0.0.1:3100 "$service" "$lines" "$from" "$to"
