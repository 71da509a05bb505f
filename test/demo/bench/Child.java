package demo.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** A measured process: this JDK and class path, another main class, a folder that is emptied afterwards. */
final class Child {
    private Child() {
    }

    static Process start(Class<?> main, Path output, String... args) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-Xmx512m",
                "-cp", System.getProperty("java.class.path"), main.getName()));
        command.addAll(List.of(args));
        return new ProcessBuilder(command).redirectOutput(output.toFile()).redirectErrorStream(true).start();
    }

    /** Runs it to its end; returns the last line of numbers it printed, and passes on what a library said besides. */
    static String run(Class<?> main, String... args) throws IOException, InterruptedException {
        Path output = Files.createTempFile("bench", ".txt");
        try {
            int exit = start(main, output, args).waitFor();
            List<String> lines = Files.readAllLines(output);
            if (exit != 0 || lines.isEmpty()) {
                throw new IOException(main.getSimpleName() + " " + String.join(" ", args) + " ended with " + exit
                        + ": " + String.join("\n", lines));
            }
            List<String> said = lines.stream().filter(line -> !line.matches("[-0-9.E ]+")).distinct().toList();
            said.forEach(line -> System.err.println(main.getSimpleName() + " " + args[0] + " said: " + line));
            return lines.stream().filter(line -> line.matches("[-0-9.E ]+")).reduce((first, second) -> second)
                    .orElseThrow(() -> new IOException(main.getSimpleName() + " printed no figures: " + lines));
        } finally {
            Files.delete(output);
        }
    }

    static void delete(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
