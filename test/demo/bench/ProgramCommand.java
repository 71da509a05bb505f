package demo.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** A program's command line from its build/*.args, so that a benchmark can leave out one part and measure its cost. */
record ProgramCommand(List<String> arguments) {
    /** @param program api, pocket or traffic */
    static ProgramCommand read(String program) throws IOException {
        var arguments = new ArrayList<>(List.of("java"));
        for (String line : Files.readAllLines(Path.of("build", program + ".args"))) {
            arguments.addAll(List.of(line.split(" ")));
        }
        arguments.removeIf(String::isBlank);
        return new ProgramCommand(arguments);
    }

    /** The agent's file name, which contains its version. */
    String agent() {
        return arguments.stream().filter(a -> a.startsWith("-javaagent:"))
                .map(a -> Path.of(a.substring(a.indexOf(':') + 1)).getFileName().toString().replace(".jar", ""))
                .findFirst().orElse("no agent");
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
