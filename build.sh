#!/usr/bin/env bash
# Builds, tests and measures the demo with a JDK 25 and curl: no Maven, no Gradle, no root.
#
#   ./build.sh deps [SCOPE…]   fetch the jars of dependencies.lock into lib/ and check the SHA-256 of each
#   ./build.sh compile         src/ → build/classes
#   ./build.sh jar             build/demo.jar, build/*.args (the command line of each program), the AOT cache
#   ./build.sh run NAME …      build what is stale, then run launch, api, pocket, traffic, verify or incident
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

# Prints the folder of the first JDK that is new enough: JAVA_HOME, the JDK on the PATH, then the usual folders of
# Linux, macOS, SDKMAN and IDEs.
find_jdk() {
    local candidate release javac
    javac=$(readlink -f "$(command -v javac)" 2>/dev/null || true)
    for candidate in "${JAVA_HOME:-}" "${javac%/bin/javac}" /usr/lib/jvm/* /usr/java/* /opt/java/* /opt/* \
        /Library/Java/JavaVirtualMachines/*/Contents/Home /opt/homebrew/opt/openjdk*/libexec/openjdk.jdk/Contents/Home \
        "${HOME:-}"/.sdkman/candidates/java/* "${HOME:-}"/.jdks/*; do
        if [ ! -x "$candidate/bin/javac" ] || [ ! -f "$candidate/release" ]; then continue; fi
        release=$(sed -n 's/^JAVA_VERSION="\([0-9]*\).*/\1/p' "$candidate/release")
        if [ "${release:-0}" -ge "$needed_java" ]; then printf '%s\n' "${candidate%/}"; return; fi
    done
    fail "needs JDK $needed_java or newer: install one (for example Temurin $needed_java) or set JAVA_HOME to it"
}

sha256_of() {
    if command -v sha256sum >/dev/null; then sha256sum "$1" | cut -d' ' -f1; else shasum -a 256 "$1" | cut -d' ' -f1; fi
}

# The jars of the scopes $@ in dependencies.lock: lines of `file url sha256`.
locked() {
    local scope coordinates sha group artifact release
    while read -r scope coordinates sha; do
        case " $* " in *" $scope "*) ;; *) continue ;; esac
        IFS=: read -r group artifact release <<<"$coordinates"
        printf '%s %s %s\n' "lib/$artifact-$release.jar" \
            "$repository/${group//.//}/$artifact/$release/$artifact-$release.jar" "$sha"
    done < <(grep -Ev '^(#|$)' dependencies.lock) | sort -u
}

# The class path of the scopes $@.
class_path() { locked "$@" | cut -d' ' -f1 | paste -sd: -; }

# Checks every jar of the scopes $@. Fetches those that are missing or have another SHA-256.
deps() {
    local file url sha wanted
    wanted=$(locked "$@" | while read -r file url sha; do
        if [ -f "$file" ] && [ "$(sha256_of "$file")" = "$sha" ]; then continue; fi
        rm -f "$file" "$file.part"
        printf '%s %s %s\n' "$file" "$url" "$sha"
    done)
    [ -n "$wanted" ] || return 0
    mkdir -p lib
    say "fetching $(wc -l <<<"$wanted" | tr -d ' ') jars"
    while read -r file url _; do printf 'url = "%s"\noutput = "%s.part"\n' "$url" "$file"; done <<<"$wanted" |
        curl --fail --silent --show-error --location --retry 3 --connect-timeout 20 --config - || true
    while read -r file url sha; do
        [ -f "$file.part" ] || fail "could not fetch $url (the first build needs the network)"
        [ "$(sha256_of "$file.part")" = "$sha" ] ||
            fail "refused $url: its SHA-256 is $(sha256_of "$file.part"), dependencies.lock expects $sha"
        mv "$file.part" "$file"
    done <<<"$wanted"
}

# True if one of the files in $2… is newer than the file $1, or if a file does not exist.
stale() { [ -n "$(find "${@:2}" -newer "$1" 2>&1 | head -n 1)" ]; }

# Compiles the .java files below $1, except the folder $4, to $2 with class path $3. Copies the other files.
javac_into() {
    rm -rf "$2" && mkdir -p "$2"
    touch build/stamp.new # a file that changes from here on is stale
    find "$1" -name '*.java' ${4:+-not -path "$4/*"} >"$2.sources"
    # The first two flags halve the compiler's CPU time: C2 and a parallel collector do not pay off in seconds.
    "$jdk/bin/javac" -J-XX:TieredStopAtLevel=1 -J-XX:+UseSerialGC -Xlint:all ${CI:+-Werror} -proc:none \
        --release "$needed_java" -encoding UTF-8 -d "$2" -cp "$3" "@$2.sources"
    cp -R "$1/." "$2" && find "$2" -name '*.java' -delete
}

compile() {
    deps agent extension run pocket
    javac_into src build/classes "$(class_path extension run pocket)"
    printf 'version=%s\nrevision=%s\n' "$version" "$(git rev-parse --short HEAD 2>/dev/null || echo unknown)" \
        >build/classes/build.properties
}

# Packs the files $2… into the jar $1. The move is atomic: a running service keeps the old file.
pack() {
    "$jdk/bin/jar" --create --file "$1.part" --date=2026-01-01T00:00:00Z "${@:2}"
    mv "$1.part" "$1"
}

# Sets jdk. Builds everything, unless the JDK is still there and no file is newer than the last build.
jar_up() {
    local services=build/classes/META-INF/services
    if [ -x build/jdk/bin/java ] && ! stale build/stamp src lib build.sh dependencies.lock; then
        jdk=build/jdk
        return
    fi
    jdk=$(find_jdk)
    compile
    # The agent loads its extension in a class loader of its own, from a jar of its own.
    mkdir -p "$services"
    echo demo.trace.agent.TraceExtension \
        >"$services/io.opentelemetry.sdk.autoconfigure.spi.AutoConfigurationCustomizerProvider"
    pack build/trace-extension.jar -C build/classes demo/trace/agent -C build/classes META-INF
    rm -r build/classes/demo/trace/agent build/classes/META-INF
    pack build/demo.jar -C build/classes .
    write_args
    record_aot || say "no AOT cache was recorded (see build/aot.log): the service starts more slowly"
    ln -sfn "$jdk" build/jdk
    mv build/stamp.new build/stamp
}

# The only place that defines how each program is started: `java @build/NAME.args` in the project's folder. Main.java,
# the image and the native stack use these files.
write_args() {
    local agent run service c1=-XX:TieredStopAtLevel=1 unsafe=--sun-misc-unsafe-memory-access=allow # for protobuf
    agent=$(class_path agent)
    run=build/demo.jar:$(class_path run)
    program launch demo.tools.launch.Launcher build/demo.jar $c1 -Xmx16m
    program pocket demo.tools.pocket.Pocket "$run:$(class_path pocket)" $unsafe -Xmx72m -Xmn12m \
        -XX:TrimNativeHeapInterval=5000 -XX:+ExitOnOutOfMemoryError
    program traffic demo.tools.traffic.Traffic "$run" $c1 -Xmx64m -Djdk.virtualThreadScheduler.parallelism=1
    program verify demo.tools.verify.Verify "$run" $c1
    program incident demo.tools.incident.Incident "$run" $c1
    # These flags must be equal when the AOT cache is recorded and when it is used. The agent's jar on the boot class
    # path makes a cache that was recorded without the agent valid with the agent.
    service=("$unsafe" -Xms256m -Xmn160m -Xmx512m --add-modules=java.instrument "-Xbootclasspath/a:$agent")
    program aot demo.api.Api "$run" "${service[@]}" -XX:+DisableAttachMechanism -XX:AOTCacheOutput=build/demo.aot
    program api demo.api.Api "$run" "${service[@]}" "-javaagent:$agent" -XX:AOTCache=build/demo.aot \
        -Dotel.javaagent.configuration-file=src/demo/trace/agent.properties \
        -Dotel.javaagent.extensions=build/trace-extension.jar \
        -Dio.opentelemetry.javaagent.slf4j.simpleLogger.defaultLogLevel=warn \
        -Dio.opentelemetry.javaagent.slf4j.simpleLogger.log.io.opentelemetry.exporter=off \
        -Dio.opentelemetry.javaagent.slf4j.simpleLogger.log.io.opentelemetry.sdk.trace.export=off
}

# Writes build/$1.args: main class $2, class path $3, flags.
program() { printf '%s\n' -XX:+UseSerialGC "${@:4}" "-cp $3" "$2" >"build/$1.args"; }

# Runs the service with some traffic and without the agent, and stores the classes that the JVM loaded and linked: half
# the start-up time. Fails if there is no cache, or if the service did not serve an order.
record_aot() {
    local port='' status=0 clean=(env -i PATH="$PATH" LANG="${LANG:-}" LC_ALL="${LC_ALL:-}")
    rm -rf build/demo.aot build/aot
    "${clean[@]}" HTTP_PORT=0 LOG_FILE=build/aot/app.log "$jdk/bin/java" @build/aot.args >build/aot.log 2>&1 &
    pid=$!
    trap 'kill "$pid" 2>/dev/null || true' EXIT # a background process does not get the terminal's Ctrl-C
    while [ -z "$port" ] && kill -0 "$pid" 2>/dev/null; do
        sleep 0.1
        port=$(sed -n 's/.*http:\/\/localhost:\([0-9]*\).*/\1/p' build/aot.log)
    done
    "${clean[@]}" TRAFFIC_TARGET="http://127.0.0.1:$port" TRAFFIC_RATE=30 TRAFFIC_DURATION=1s \
        "$jdk/bin/java" @build/traffic.args >/dev/null 2>&1 || true
    kill "$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null || true
    trap - EXIT
    grep -qs '"path":"/orders",.*"status":201' build/aot/app.log && [ -f build/demo.aot ] || status=1
    rm -rf build/aot
    return "$status"
}

# Sets tests, the class path of the tests and drills.
compile_tests() {
    deps test browser
    jar_up
    tests=build/test-classes:build/demo.jar:$(class_path run pocket test browser)
    stale build/test-stamp test build/stamp || return 0
    javac_into test build/test-classes "$tests" test/demo/bench
    mv build/stamp.new build/test-stamp
}

# The last line is `N passed, N failed`, from the summary of JUnit's console, where a container is a class.
run_tests() {
    local select=() status=0 class
    compile_tests
    [ $# -gt 0 ] || set -- '.*Test'
    for class in "$@"; do select+=(--include-classname "(.*[.])?$class"); done
    "$jdk/bin/java" -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xmx512m -cp "$(class_path test)" \
        org.junit.platform.console.ConsoleLauncher execute \
        --class-path "$tests" --scan-class-path build/test-classes "${select[@]}" --fail-if-no-tests \
        --reports-dir build/test-reports --disable-banner --disable-ansi-colors --details=tree |
        tee build/test.log || status=$?
    echo 'Slowest classes:'
    sed -n 's/.*<testcase .*classname="\([^"]*\)" time="\([^"]*\)".*/\1 \2/p' build/test-reports/*-jupiter.xml |
        awk '{ time[$1] += $2 } END { for (class in time) printf "%7.1f s  %s\n", time[class], class }' |
        sort -rn | head -n 10
    awk '/^\[ +[0-9]+ (tests|containers) [a-z]+ +\]$/ { count[$3 " " $4] = $2; count[$4] += $2 }
        END {
            if (count["tests found"] == "0") print "found no such test class"
            printf "%d passed, %d failed", count["tests successful"], count["failed"]
            skipped = count["aborted"] + count["skipped"]
            print (skipped ? ", " skipped " skipped" : "")
        }' build/test.log
    return "$status"
}

run_bench() {
    local classes
    deps bench
    jar_up
    classes=build/bench-classes:build/demo.jar:$(class_path run pocket bench)
    javac_into test/demo/bench build/bench-classes "$classes"
    "$jdk/bin/java" -cp "$classes" demo.bench.Bench "$@"
}

verb=${1:-}
[ $# -eq 0 ] || shift
case "$verb" in
    deps) if [ $# -eq 0 ]; then deps agent extension run pocket test browser; else deps "$@"; fi ;;
    compile) jdk=$(find_jdk) && compile ;;
    jar) jar_up ;;
    run)
        jar_up
        [ -f "build/${1:-}.args" ] || fail "expected launch, api, pocket, traffic, verify or incident, got '${1:-}'"
        exec build/jdk/bin/java "@build/$1.args" "${@:2}" ;;
    aot) jdk=${JAVA_HOME:-$(find_jdk)}; record_aot || fail "no AOT cache was recorded: see build/aot.log" ;;
    jdk) find_jdk ;;
    test) run_tests "$@" ;;
    bench) run_bench "$@" ;;
    drills) compile_tests; "$jdk/bin/java" -Xmx512m -cp "$tests" demo.drills.Drills "$@" ;;
    clean) rm -rf build ;;
    *) sed -n '2,15s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
esac
