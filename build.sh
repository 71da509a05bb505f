#!/usr/bin/env bash
# Builds, tests and measures the demo with a JDK 25 and curl: no Maven, no Gradle, no root.
#
#   ./build.sh deps [SCOPE…]   fetch the jars of dependencies.lock into lib/ and check the SHA-256 of each
#   ./build.sh compile         src/ → build/classes
#   ./build.sh jar             build/demo.jar, build/*.args (the command line of each program), the AOT cache
#   ./build.sh run NAME …      build what is stale, then run a program: launch, api, pocket, traffic, verify
#   ./build.sh aot             record the AOT cache again: it fits one JVM, and jars with unchanged times
#   ./build.sh test [CLASS…]   all tests, or these classes; the last line is `N passed, N failed`
#   ./build.sh bench NAME …    measurements beside their baselines; without NAME, lists the names
#   ./build.sh drills [NAME…]  faults in their long form; --list names them, --times N repeats
#   ./build.sh jdk             print the folder of the JDK in use
#   ./build.sh clean           delete what was built; the downloaded jars stay
#
# With CI set, compiler warnings fail the build. Otherwise a warning of a newer JDK does not.
set -euo pipefail
shopt -s inherit_errexit 2>/dev/null || true # bash 3.2 (macOS) does not have it
cd "$(dirname "${BASH_SOURCE[0]}")"

repository=${MAVEN_REPOSITORY:-https://repo1.maven.org/maven2}
needed_java=25
version=1.0.0

say() { printf 'build: %s\n' "$*" >&2; }
fail() { say "$@"; exit 1; }

# The programs' argument files choose a garbage collector, and the JVM refuses a second choice.
for name in JAVA_TOOL_OPTIONS JDK_JAVA_OPTIONS _JAVA_OPTIONS; do
    [ -z "${!name:-}" ] || say "ignoring $name: build/*.args have the options of the JVM"
    unset "$name"
done

# In the C locale, Java cannot open files in a folder whose name is not ASCII, not even those of its class path.
if [[ $(locale charmap 2>/dev/null) == ANSI* && $(locale -a) == *C.[Uu][Tt][Ff]* ]]; then export LC_ALL=C.UTF-8; fi

# ---- the JDK ---------------------------------------------------------------------------------------------------

# Prints the folder of the first JDK that is new enough: JAVA_HOME, the JDK on the PATH, then the usual folders of
# Linux, macOS, SDKMAN and IDEs.
find_jdk() {
    local candidate release seen='' javac
    javac=$(command -v javac) && javac=$(readlink -f "$javac" 2>/dev/null || printf '%s' "$javac") || javac=
    for candidate in "${JAVA_HOME:-}" "${javac%/bin/javac}" /usr/lib/jvm/* /usr/java/* /opt/java/* /opt/* \
        /Library/Java/JavaVirtualMachines/*/Contents/Home /opt/homebrew/opt/openjdk*/libexec/openjdk.jdk/Contents/Home \
        "${HOME:-}"/.sdkman/candidates/java/* "${HOME:-}"/.jdks/*; do
        candidate=${candidate%/}
        if [ ! -x "$candidate/bin/javac" ] || [ ! -f "$candidate/release" ]; then continue; fi
        release=$(sed -n 's/^JAVA_VERSION="\([0-9]*\).*/\1/p' "$candidate/release")
        if [ "${release:-0}" -ge "$needed_java" ]; then
            printf '%s\n' "$candidate"
            return
        fi
        seen="$seen, $release at $candidate"
    done
    fail "needs JDK $needed_java or newer, found ${seen:+only${seen#,}}${seen:-none};" \
        "install one (for example Temurin $needed_java) or set JAVA_HOME to it"
}

# ---- jars ------------------------------------------------------------------------------------------------------

sha256_of() {
    if command -v sha256sum >/dev/null; then sha256sum "$1" | cut -d' ' -f1; else shasum -a 256 "$1" | cut -d' ' -f1; fi
}

# The jars of the scopes $@ in dependencies.lock: lines of `file url sha256`.
locked() {
    local scope coordinates sha group artifact version
    while read -r scope coordinates sha; do
        case " $* " in *" $scope "*) ;; *) continue ;; esac
        IFS=: read -r group artifact version <<<"$coordinates"
        printf '%s %s %s\n' "lib/$artifact-$version.jar" \
            "$repository/${group//.//}/$artifact/$version/$artifact-$version.jar" "$sha"
    done < <(grep -Ev '^(#|$)' dependencies.lock)
}

# The names become file names and parts of a URL: no slash, no leading dot, no quote.
check_lock() {
    local name='[A-Za-z0-9_][A-Za-z0-9._-]*' bad
    bad=$(grep -Ev "^(#.*|[a-z]+ $name:$name:$name [0-9a-f]{64}|)$" dependencies.lock | head -n 1) || true
    [ -z "$bad" ] || fail "refused dependencies.lock: expected 'scope group:artifact:version sha256', found '$bad'"
}

# Checks every jar of the scopes $@; fetches those that are missing.
deps() {
    local file url sha n=0 missing='' parallel=()
    check_lock
    mkdir -p lib build
    while read -r file url sha; do
        if [ -f "$file" ] && [ "$(sha256_of "$file")" != "$sha" ]; then
            say "$file differs from dependencies.lock: fetching it again"
            rm -f "$file"
        fi
        [ -f "$file" ] || missing="$missing$file $url $sha"$'\n'
    done < <(locked "$@" | sort -u)
    [ -n "$missing" ] || return 0
    command -v curl >/dev/null || fail "needs curl to fetch jars, found none on the PATH"
    while read -r file url sha; do
        n=$((n + 1))
        rm -f "$file.part"
        printf 'url = "%s"\noutput = "%s.part"\n' "$url" "$file"
    done < <(printf '%s' "$missing") >build/fetch
    say "fetching $n jars"
    ! curl --parallel --no-progress-meter --version >/dev/null 2>&1 ||
        parallel=(--parallel --no-progress-meter) # curl 7.67 or newer
    curl ${parallel[@]+"${parallel[@]}"} --fail --silent --show-error --location --retry 3 --connect-timeout 20 \
        --config build/fetch || true # what is missing is reported below
    while read -r file url sha; do
        [ -f "$file.part" ] || fail "could not fetch $url (the first build needs the network)"
        if [ "$(sha256_of "$file.part")" != "$sha" ]; then
            mv "$file.part" build/refused.jar
            fail "refused $url: its SHA-256 is $(sha256_of build/refused.jar), dependencies.lock expects $sha"
        fi
        mv "$file.part" "$file"
    done < <(printf '%s' "$missing")
}

# The class path of the scopes $@.
class_path() { locked "$@" | cut -d' ' -f1 | sort -u | paste -sd: -; }

# ---- build -----------------------------------------------------------------------------------------------------

# Compiles the .java files below $1, except the folder $4, to $2 with class path $3. Copies the other files.
javac_into() {
    rm -rf "$2" && mkdir -p "$2"
    find "$1" -name '*.java' ${4:+-not -path "$4/*"} >"$2.sources"
    # The first two flags halve the compiler's CPU time: C2 and a parallel collector do not pay off in seconds.
    "$jdk/bin/javac" -J-XX:TieredStopAtLevel=1 -J-XX:+UseSerialGC -Xlint:all ${CI:+-Werror} -proc:none \
        --release "$needed_java" -encoding UTF-8 -d "$2" -cp "$3" "@$2.sources"
    rm "$2.sources"
    cp -R "$1/." "$2" && find "$2" -name '*.java' -delete
}

# The same, unless nothing has changed since the last time and the last build.
javac_if_stale() {
    [ -n "$(find "$1" build/stamp -newer "$2.stamp" 2>&1 | head -n 1)" ] || return 0
    touch build/stamp.new
    javac_into "$@"
    mv build/stamp.new "$2.stamp"
}

compile() {
    deps agent extension run pocket
    touch build/stamp.new # a file that changes from here on makes the build stale
    javac_into src build/classes "$(class_path extension run pocket)"
    printf 'version=%s\nrevision=%s\n' "$version" "$(git rev-parse --short HEAD 2>/dev/null || echo unknown)" \
        >build/classes/build.properties
}

# $1 is moved into place when complete: a running service keeps the old file.
pack() {
    "$jdk/bin/jar" --create --file "$1.part" --date=2026-01-01T00:00:00Z -C "$2" .
    mv "$1.part" "$1"
}

# True if the JDK is still there and no file is newer than the start of the last build.
fresh() {
    [ -x build/jdk/bin/java ] && [ -f build/stamp ] &&
        [ -z "$(find src lib build.sh dependencies.lock -newer build/stamp 2>&1 | head -n 1)" ]
}

# Sets jdk.
jar_up() {
    if fresh; then jdk=build/jdk; return; fi
    jdk=$(find_jdk)
    compile
    # The agent loads its extension in a class loader of its own, from a jar of its own.
    rm -rf build/extension
    mkdir -p build/extension/demo/trace build/extension/META-INF/services
    mv build/classes/demo/trace/agent build/extension/demo/trace/
    echo demo.trace.agent.TraceExtension \
        >build/extension/META-INF/services/io.opentelemetry.sdk.autoconfigure.spi.AutoConfigurationCustomizerProvider
    pack build/trace-extension.jar build/extension
    pack build/demo.jar build/classes
    rm -rf build/extension
    write_args
    if ! record_aot; then
        say "no AOT cache was recorded (see build/aot.log): the service starts, but later"
        grep -v AOTCache build/api.args >build/api.new && mv build/api.new build/api.args
    fi
    ln -sfn "$jdk" build/jdk
    mv build/stamp.new build/stamp
}

# The only place that defines how each program is started: `java @build/NAME.args` in the project's folder. Main.java,
# the image and the native stack use these files.
write_args() {
    local agent run c1=-XX:TieredStopAtLevel=1 unsafe=--sun-misc-unsafe-memory-access=allow # for protobuf
    agent=$(class_path agent)
    run=build/demo.jar:$(class_path run)
    program launch demo.tools.launch.Launcher build/demo.jar $c1 -Xmx16m
    program pocket demo.tools.pocket.Pocket "$run:$(class_path pocket)" $unsafe -Xmx72m -Xmn12m \
        -XX:TrimNativeHeapInterval=5000 -XX:+ExitOnOutOfMemoryError
    program traffic demo.tools.traffic.Traffic "$run" $c1 -Xmx64m -Djdk.virtualThreadScheduler.parallelism=1
    program verify demo.tools.verify.Verify "$run" $c1
    program incident demo.tools.incident.Incident "$run" $c1
    # The first flags must be equal when the AOT cache is recorded and when it is used. The agent's jar on the boot
    # class path makes a cache that was recorded without the agent valid with the agent.
    program aot demo.api.Api "$run" $unsafe -Xms256m -Xmn160m -Xmx512m --add-modules=java.instrument \
        "-Xbootclasspath/a:$agent" -XX:+DisableAttachMechanism -XX:AOTCacheOutput=build/demo.aot
    program api demo.api.Api "$run" $unsafe -Xms256m -Xmn160m -Xmx512m --add-modules=java.instrument \
        "-Xbootclasspath/a:$agent" "-javaagent:$agent" -XX:AOTCache=build/demo.aot \
        -Dotel.javaagent.configuration-file=src/demo/trace/agent.properties \
        -Dotel.javaagent.extensions=build/trace-extension.jar \
        -Dio.opentelemetry.javaagent.slf4j.simpleLogger.defaultLogLevel=warn \
        -Dio.opentelemetry.javaagent.slf4j.simpleLogger.log.io.opentelemetry.exporter=off \
        -Dio.opentelemetry.javaagent.slf4j.simpleLogger.log.io.opentelemetry.sdk.trace.export=off
}

# Writes build/$1.args: main class $2, class path $3, flags.
program() { printf '%s\n' -XX:+UseSerialGC "${@:4}" "-cp $3" "$2" >"build/$1.args"; }

# Runs the service once without the agent and stores the classes that the JVM loaded and linked: half the start-up time.
# Fails if there is no cache, or if the service did not serve the requests that load the request path's classes.
record_aot() {
    local port='' log=build/aot.log tries=0 served=0
    rm -rf build/demo.aot build/aot
    : >"$log" # the loop below may read before the service writes
    env -i PATH="$PATH" LANG="${LANG:-}" LC_ALL="${LC_ALL:-}" HTTP_PORT=0 LOG_FILE=build/aot/app.log \
        "$jdk/bin/java" @build/aot.args >"$log" 2>&1 &
    pid=$!
    trap 'kill "$pid" 2>/dev/null || true' EXIT # a background process does not get the terminal's Ctrl-C
    while kill -0 "$pid" 2>/dev/null && [ $((tries += 1)) -le 300 ]; do
        port=$(sed -n 's/.*http:\/\/localhost:\([0-9]*\).*/\1/p' "$log")
        [ -z "$port" ] || break
        sleep 0.1
    done
    if [ -n "$port" ]; then
        for _ in 1 2 3 4 5; do
            for path in /menu / /metrics /readyz /nowhere; do request GET "$path" || true; done
            ! request POST /orders '{"item": "espresso", "quantity": 1}' || served=$((served + 1))
        done
    fi
    kill "$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null || true
    trap - EXIT
    rm -rf build/aot
    [ -f build/demo.aot ] && [ "$served" -gt 0 ]
}

# Sends a request to 127.0.0.1:$port without curl, which a JRE image does not have. Fails if the response is no 2xx.
request() {
    local body=${3:-} status=''
    exec 3<>"/dev/tcp/127.0.0.1/$port" || return 1
    printf '%s %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s' \
        "$1" "$2" "${#body}" "$body" >&3
    read -r -t 5 status <&3 || true
    while read -r -t 5 _ <&3; do :; done
    exec 3>&-
    [[ $status == 'HTTP/1.1 2'* ]]
}

# ---- verbs -----------------------------------------------------------------------------------------------------

run_program() {
    jar_up
    [ -f "build/${1:-}.args" ] || fail "run: expected launch, api, pocket, traffic, verify or incident, got '${1:-}'"
    exec build/jdk/bin/java "@build/$1.args" "${@:2}"
}

compile_tests() {
    deps test browser
    jar_up
    javac_if_stale test build/test-classes "build/classes:$(class_path run pocket test browser)" test/demo/bench
}

run_tests() {
    local select=() status=0 class
    compile_tests
    [ $# -gt 0 ] || set -- '.*Test'
    for class in "$@"; do select+=(--include-classname "(.*[.])?$class"); done
    rm -f build/test-summary.txt
    [ -t 1 ] || select+=(--disable-ansi-colors)
    "$jdk/bin/java" -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xmx512m -cp "$(class_path test)" \
        org.junit.platform.console.ConsoleLauncher execute \
        --class-path "build/test-classes:build/demo.jar:$(class_path run pocket test browser)" \
        --scan-class-path build/test-classes "${select[@]}" --fail-if-no-tests --disable-banner --details=tree ||
        status=$?
    # demo.build.TestSummary has written the slowest classes and the line that people and CI read.
    [ -f build/test-summary.txt ] || fail "no test was run"
    cat build/test-summary.txt
    return "$status"
}

run_bench() {
    local names
    names=$(sed -n 's/^ *case "\([a-z]*\)" ->.*/\1/p' test/demo/bench/Bench.java | paste -sd' ' -)
    case " $names " in *" ${1:-none} "*) ;; *) say "bench: expected one of: $names"; exit 2 ;; esac
    deps bench
    jar_up
    javac_if_stale test/demo/bench build/bench-classes "build/classes:$(class_path run pocket bench)"
    "$jdk/bin/java" -cp "build/bench-classes:build/demo.jar:$(class_path run pocket bench)" demo.bench.Bench "$@"
}

run_drills() {
    compile_tests
    "$jdk/bin/java" -Xmx512m -cp "build/test-classes:build/demo.jar:$(class_path run pocket test browser)" \
        demo.drills.Drills "$@"
}

verb=${1:-}
[ $# -eq 0 ] || shift
case "$verb" in
    compile | jar | aot | jdk | clean) [ $# -eq 0 ] || { say "$verb: unexpected argument '$1'"; verb=; } ;;
esac
case "$verb" in
    deps) if [ $# -eq 0 ]; then deps agent extension run pocket test browser; else deps "$@"; fi ;;
    compile) jdk=$(find_jdk) && compile ;;
    jar) jar_up ;;
    run) run_program "$@" ;;
    aot) jdk=${JAVA_HOME:-$(find_jdk)}; record_aot || fail "no AOT cache, or no request was served: see build/aot.log" ;;
    jdk) find_jdk ;;
    test) run_tests "$@" ;;
    bench) run_bench "$@" ;;
    drills) run_drills "$@" ;;
    clean) rm -rf build ;;
    *) sed -n '2,15s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
esac
