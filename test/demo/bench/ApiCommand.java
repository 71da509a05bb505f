package demo.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** How the service is started, from build/api.args, to leave one thing out and see what it costs. */
record ApiCommand(List<String> arguments) {
    static ApiCommand read() throws IOException {
        var arguments = new ArrayList<>(List.of("java"));
        for (String line : Files.readAllLines(Path.of("build/api.args"))) {
            arguments.addAll(List.of(line.split(" ")));
        }
        arguments.removeIf(String::isBlank);
        return new ApiCommand(arguments);
    }

    List<String> without(String... prefixes) {
        return arguments.stream().filter(a -> Arrays.stream(prefixes).noneMatch(a::startsWith)).toList();
    }

    List<String> with(String flag) {
        var more = new ArrayList<>(arguments);
        more.add(1, flag);
        return more;
    }
}
