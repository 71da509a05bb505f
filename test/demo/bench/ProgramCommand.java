package demo.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/** A command line for this JVM, so that a benchmark can leave out one part of a program and measure its cost. */
record ProgramCommand(List<String> arguments) {
    static final String JAVA = Path.of(System.getProperty("java.home"), "bin", "java").toString();

    /** @param program api, pocket or traffic; its command line is in build/*.args */
    static ProgramCommand read(String program) throws IOException {
        var arguments = new ArrayList<>(List.of(JAVA));
        arguments.addAll(List.of(Files.readString(Path.of("build", program + ".args")).strip().split("\\s+")));
        return new ProgramCommand(arguments);
    }

    static ProgramCommand of(Class<?> main, String classPath) {
        return new ProgramCommand(List.of(JAVA, "-cp", classPath, main.getName()));
    }

    /** With more arguments of the program. */
    ProgramCommand and(Object... more) {
        return new ProgramCommand(Stream.concat(arguments.stream(), Arrays.stream(more).map(Object::toString))
                .toList());
    }

    /** The agent's file name, which contains its version. */
    String agent() {
        return arguments.stream().filter(argument -> argument.startsWith("-javaagent:")).findFirst().orElseThrow()
                .replaceAll(".*[:/]|\\.jar", "");
    }

    /** Without the agent, its settings and the AOT cache that was recorded for it. */
    ProgramCommand withoutAgent() {
        return without("-javaagent", "-Dotel", "-Dio.opentelemetry", "-XX:AOTCache", "-Xbootclasspath");
    }

    ProgramCommand without(String... prefixes) {
        return new ProgramCommand(arguments.stream()
                .filter(argument -> Arrays.stream(prefixes).noneMatch(argument::startsWith)).toList());
    }

    ProgramCommand with(String... flags) {
        var more = new ArrayList<>(arguments);
        more.addAll(1, List.of(flags));
        return new ProgramCommand(more);
    }
}
