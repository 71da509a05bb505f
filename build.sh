#!/usr/bin/env bash
# Builds, tests and measures the demo with nothing but a JDK 25 and curl: no Maven, no Gradle, no root.
# `java Main.java` calls `./build.sh jar` by itself when something changed; people call `test` and `bench`.
#
#   ./build.sh deps [SCOPE…]   fetch the jars of dependencies.lock into lib/, each checked by its SHA-256
#   ./build.sh compile         src/ → build/classes
#   ./build.sh jar             build/demo.jar, build/*.args (`java @build/api.args` starts the service), the AOT cache
#   ./build.sh aot             that cache anew, by the Java of JAVA_HOME: it serves one JVM, and jars of one time, only
#   ./build.sh test [CLASS…]   every test (or only these classes); the last line is `N passed, N failed`
#   ./build.sh bench NAME …    measurements, beside their baselines; without a NAME it lists them
#   ./build.sh drills [NAME…]  faults in their long form, `--times N` over and over, `--list` only names them
#   ./build.sh sbom            build/sbom.cdx.json, the bill of materials (CycloneDX) of dependencies.lock
#   ./build.sh jdk             where the JDK is that all this uses
#   ./build.sh clean           forget what was built; the downloaded jars stay
set -euo pipefail
shopt -s inherit_errexit 2>/dev/null || true # bash 3.2 (macOS) has none
cd "$(dirname "${BASH_SOURCE[0]}")"

repository=${MAVEN_REPOSITORY:-https://repo1.maven.org/maven2}
needed_java=25
version=1.0.0

say() { printf 'build: %s\n' "$*" >&2; }
fail() { say "$@"; exit 1; }

# ---- the JDK ---------------------------------------------------------------------------------------------------

# The feature release of the JDK at $1 (25), nothing when there is none.
java_release() { sed -n 's/^JAVA_VERSION="\([0-9]*\).*/\1/p' "$1/release" 2>/dev/null; }

# Where JDKs usually are: JAVA_HOME, the one on the PATH, then the usual places of Linux, macOS, SDKMAN and Nix.
jdk_places() {
    [ -z "${JAVA_HOME:-}" ] || printf '%s\n' "$JAVA_HOME"
    local javac
    if javac=$(command -v javac); then
        javac=$(readlink -f "$javac" 2>/dev/null || printf '%s' "$javac")
        dirname "$(dirname "$javac")"
    fi
    ls -d /usr/lib/jvm/*/ /usr/java/*/ /opt/java/*/ /opt/*/ /Library/Java/JavaVirtualMachines/*/Contents/Home/ \
        /opt/homebrew/opt/openjdk*/libexec/openjdk.jdk/Contents/Home/ "$HOME"/.sdkman/candidates/java/*/ \
        "$HOME"/.jdks/*/ 2>/dev/null || true
}

find_jdk() {
    local place release seen=
    while IFS= read -r place; do
        place=${place%/}
        release=$(java_release "$place")
        if [ -z "$release" ] || [ ! -x "$place/bin/javac" ]; then continue; fi
        if [ "$release" -ge "$needed_java" ]; then
            printf '%s\n' "$place"
            return
        fi
        seen="$seen, $release at $place"
    done < <(jdk_places)
    fail "needs JDK $needed_java or newer, found ${seen:+only${seen#,}}${seen:-none}; install one (for example Temurin $needed_java) or set JAVA_HOME to it"
}

# ---- jars ------------------------------------------------------------------------------------------------------

sha256_of() {
    if command -v sha256sum >/dev/null; then sha256sum "$1" | cut -d' ' -f1; else shasum -a 256 "$1" | cut -d' ' -f1; fi
}

# The lock's jars of the scopes given: lines of `file url sha256`.
locked() {
    local scope group_artifact_version sha group rest artifact version
    while read -r scope group_artifact_version sha; do
        case " $* " in *" $scope "*) ;; *) continue ;; esac
        group=${group_artifact_version%%:*} rest=${group_artifact_version#*:}
        artifact=${rest%%:*} version=${rest#*:}
        printf '%s %s %s\n' "lib/$artifact-$version.jar" \
            "$repository/${group//.//}/$artifact/$version/$artifact-$version.jar" "$sha"
    done < <(grep -Ev '^(#|$)' dependencies.lock)
}

deps() {
    local file url sha n=0 missing=()
    mkdir -p lib
    while read -r file url sha; do
        if [ -f "$file" ] && [ "$(sha256_of "$file")" != "$sha" ]; then
            say "$file is not the jar that dependencies.lock names: removed, fetching it again"
            rm -f "$file"
        fi
        [ -f "$file" ] || missing+=("$file $url $sha")
    done < <(locked "$@")
    [ ${#missing[@]} -eq 0 ] || command -v curl >/dev/null || fail "needs curl to fetch ${#missing[@]} jars, found none on the PATH"
    for jar in "${missing[@]+"${missing[@]}"}"; do
        read -r file url sha <<<"$jar"
        n=$((n + 1))
        printf 'build: fetching %d of %d: %s\n' "$n" "${#missing[@]}" "$(basename "$file")" >&2
        curl --fail --silent --show-error --location --retry 3 --connect-timeout 20 --output "$file.part" "$url" ||
            fail "could not fetch $url (offline? the first build needs the network once)"
        if [ "$(sha256_of "$file.part")" != "$sha" ]; then
            local got; got=$(sha256_of "$file.part")
            rm -f "$file.part"
            fail "refused $(basename "$file"): its SHA-256 is $got, dependencies.lock expects $sha"
        fi
        mv "$file.part" "$file"
    done
}

# The class path of the scopes given.
class_path() { locked "$@" | cut -d' ' -f1 | sort -u | paste -sd: -; }

# ---- verbs -----------------------------------------------------------------------------------------------------

# Compiles the .java files below $1 (but for the folder $4) into $2, with class path $3; other files are copied as they are.
javac_into() {
    rm -rf "$2" && mkdir -p "$2"
    find "$1" -name '*.java' ${4:+-not -path "$4/*"} >"$2.sources"
    "$jdk/bin/javac" -Xlint:all -Werror -proc:none --release "$needed_java" -encoding UTF-8 -d "$2" -cp "$3" "@$2.sources"
    rm "$2.sources"
    (cd "$1" && find . -type f -not -name '*.java' ${4:+-not -path "./${4#"$1"/}/*"} -print0) |
        while IFS= read -r -d '' file; do mkdir -p "$2/$(dirname "$file")" && cp "$1/$file" "$2/$file"; done
}

compile() {
    deps agent extension run pocket
    javac_into src build/classes "$(class_path extension run pocket)" src/demo/launch
    # Main.java loads it into the `java` that a person has.
    "$jdk/bin/javac" -Xlint:all -Werror --release 11 -encoding UTF-8 -d build/launch src/demo/launch/*.java
    printf 'version=%s\nrevision=%s\n' "$version" "$(git rev-parse --short HEAD 2>/dev/null || echo unknown)" \
        >build/classes/build.properties
}

# The only place that says how each program is started: `java @build/api.args`, from the project's folder. Main.java,
# the image and the native stack all use these files.
write_args() {
    local agent run
    agent=$(class_path agent)
    run=build/demo.jar:$(class_path run)
    cat >build/pocket.args <<ARGS
-XX:+UseSerialGC
-Xmx72m
-Xmn12m
-XX:TrimNativeHeapInterval=5000
--sun-misc-unsafe-memory-access=allow
-cp $run:$(class_path pocket)
demo.tools.pocket.Pocket
ARGS
    cat >build/traffic.args <<ARGS
-XX:+UseSerialGC
-XX:TieredStopAtLevel=1
-Xmx64m
-Djdk.virtualThreadScheduler.parallelism=1
-cp $run
demo.tools.traffic.Traffic
ARGS
    cat >build/verify.args <<ARGS
-XX:+UseSerialGC
-XX:TieredStopAtLevel=1
-cp $run
demo.tools.verify.Verify
ARGS
    # Last, because Main.java takes this file's time for the time of the build.
    cat >build/api.args <<ARGS
$(jvm_with_agent "$agent")
-javaagent:$agent
$([ ! -f build/demo.aot ] || echo -XX:AOTCache=build/demo.aot)
-Dotel.javaagent.configuration-file=src/demo/trace/agent.properties
-Dotel.javaagent.extensions=build/trace-extension.jar
-Dio.opentelemetry.javaagent.slf4j.simpleLogger.defaultLogLevel=warn
-Dio.opentelemetry.javaagent.slf4j.simpleLogger.log.io.opentelemetry.exporter=off
-Dio.opentelemetry.javaagent.slf4j.simpleLogger.log.io.opentelemetry.sdk.trace.export=off
-cp $run
demo.api.Api
ARGS
}

# The flags that must be the same when the AOT cache is recorded and when it is used. The agent's jar on the boot class
# path is what makes a cache that was recorded without the agent valid with it.
jvm_with_agent() {
    cat <<ARGS
-XX:+UseSerialGC
-Xms256m
-Xmn160m
-Xmx512m
--add-modules=java.instrument
-Xbootclasspath/a:$1
ARGS
}

# Runs the service once, without the agent, and keeps what the JVM loaded and linked: half the start-up time.
# Where that fails the demo starts as well, only later.
record_aot() {
    local port='' log=build/aot.log tries=0
    rm -f build/demo.aot
    {
        jvm_with_agent "$(class_path agent)"
        printf '%s\n' -XX:+DisableAttachMechanism -XX:AOTCacheOutput=build/demo.aot \
            "-cp build/demo.jar:$(class_path run)" demo.api.Api
    } >build/aot.args
    : >"$log" # the service's own process may come to it later than the first look below
    env -i PATH="$PATH" HTTP_PORT=0 LOG_FILE=build/aot/app.log "$jdk/bin/java" @build/aot.args >"$log" 2>&1 &
    pid=$!
    # In the background it doesn't hear a Ctrl-C, and would hold its log's lock for ever.
    trap 'kill "$pid" 2>/dev/null || true' EXIT
    while kill -0 "$pid" 2>/dev/null && [ $((tries += 1)) -le 100 ]; do
        port=$(sed -n 's/.*http:\/\/localhost:\([0-9]*\).*/\1/p' "$log")
        [ -z "$port" ] || break
        sleep 0.1
    done
    if [ -n "$port" ]; then
        for _ in 1 2 3 4 5; do
            for path in /menu / /metrics /readyz /nowhere; do
                curl --silent --max-time 5 --output /dev/null "http://127.0.0.1:$port$path" || true
            done
            curl --silent --max-time 5 --output /dev/null --data '{"item": "espresso", "quantity": 1}' \
                "http://127.0.0.1:$port/orders" || true
        done
    fi
    kill "$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null || true
    trap - EXIT
    [ -f build/demo.aot ] || say "no AOT cache could be recorded (build/aot.log says why): the service starts, but later"
    rm -rf build/aot build/aot.args
}

pack() {
    "$jdk/bin/jar" --create --file "$2.part" --date=2026-01-01T00:00:00Z -C "$1" .
    mv "$2.part" "$2"
}

# True when nothing is newer than what was built from it, and the JDK is still there; Main.java asks the same.
fresh() { [ -x build/jdk/bin/java ] && [ -f build/api.args ] && [ -z "$(find src build.sh dependencies.lock -type f -newer build/api.args -print -quit)" ]; }

jar_up() {
    ! fresh || return 0
    compile
    # New files each time, moved into place: a service that runs from the old ones keeps them.
    # The agent loads its extension in a class loader of its own, so that is a jar of its own.
    rm -rf build/extension
    mkdir -p build/extension/demo/trace build/extension/META-INF/services
    mv build/classes/demo/trace/agent build/extension/demo/trace/
    echo demo.trace.agent.TraceExtension \
        >build/extension/META-INF/services/io.opentelemetry.sdk.autoconfigure.spi.AutoConfigurationCustomizerProvider
    pack build/extension build/trace-extension.jar
    pack build/classes build/demo.jar
    rm -rf build/extension
    record_aot
    ln -sfn "$jdk" build/jdk
    write_args
}

compile_tests() {
    jar_up
    deps test browser
    javac_into test build/test-classes "build/classes:$(class_path run pocket test browser)" test/demo/bench
}

run_tests() {
    local select=() summary=build/test-summary.txt status=0
    compile_tests
    [ $# -gt 0 ] || set -- '.*Test'
    for class in "$@"; do select+=(--include-classname "(.*[.])?$class"); done
    "$jdk/bin/java" -Xmx512m -cp "$(class_path test)" org.junit.platform.console.ConsoleLauncher execute \
        --class-path "build/test-classes:build/demo.jar:$(class_path run pocket test browser)" \
        --scan-class-path build/test-classes "${select[@]}" --disable-banner --details=tree --single-color | tee "$summary" || status=$?
    # The console's own summary, in one line that people and CI read; a test that was aborted was skipped.
    awk '/tests successful/ { passed = $2 } /tests failed/ { failed += $2 } /containers failed/ { failed += $2 }
         /tests skipped/ { skipped += $2 } /tests aborted/ { skipped += $2 }
         END {
             if (passed + failed == 0) failed = 1
             printf "%d passed, %d failed%s\n", passed, failed, skipped ? ", " skipped " skipped" : ""
         }' "$summary"
    return "$status"
}

run_bench() {
    jar_up
    deps bench
    javac_into test/demo/bench build/bench-classes "build/classes:$(class_path run pocket bench)"
    "$jdk/bin/java" -cp "build/bench-classes:build/demo.jar:$(class_path run pocket bench)" demo.bench.Bench "$@"
}

run_drills() {
    compile_tests
    "$jdk/bin/java" -Xmx512m -cp "build/test-classes:build/demo.jar:$(class_path run pocket test browser)" \
        demo.drills.Drills "$@"
}

sbom() {
    deps agent extension run pocket test browser bench
    mkdir -p build
    "$jdk/bin/java" -cp "$(class_path run)" test/demo/build/Sbom.java "$version" build/sbom.cdx.json
    say "build/sbom.cdx.json"
}

clean() { rm -rf build; }

verb=${1:-}
[ $# -eq 0 ] || shift
case "$verb" in
    deps) if [ $# -eq 0 ]; then deps agent extension run pocket test browser; else deps "$@"; fi ;;
    compile) jdk=$(find_jdk) && compile ;;
    jar) jdk=$(find_jdk) && jar_up ;;
    aot) jdk=${JAVA_HOME:-$(find_jdk)} && record_aot ;;
    jdk) jdk=$(find_jdk) && printf '%s\n' "$jdk" ;;
    test) jdk=$(find_jdk) && run_tests "$@" ;;
    bench) jdk=$(find_jdk) && run_bench "$@" ;;
    drills) jdk=$(find_jdk) && run_drills "$@" ;;
    sbom) jdk=$(find_jdk) && sbom ;;
    clean) clean ;;
    *) sed -n '2,15s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
esac
