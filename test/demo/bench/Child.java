package demo.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** A measured process: this JVM and this class path, another main class. */
final class Child {
    private static final String FIGURES = "[-0-9.E ]+";

    private Child() {
    }

    static Process start(Class<?> main, Path output, String... args) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-Xmx512m",
                "-cp", System.getProperty("java.class.path"), main.getName()));
        command.addAll(List.of(args));
        return new ProcessBuilder(command).redirectOutput(output.toFile()).redirectErrorStream(true).start();
    }

    /** Runs the process to its end. Returns the last line of figures and prints all other output to stderr. */
    static double[] run(Class<?> main, String... args) throws IOException, InterruptedException {
        Path output = Files.createTempFile("bench", ".txt");
        try {
            int exit = start(main, output, args).waitFor();
            List<String> lines = Files.readAllLines(output);
            lines.stream().filter(line -> !line.matches(FIGURES)).distinct()
                    .forEach(line -> System.err.println(String.join(" ", args) + ": " + line));
            String figures = lines.stream().filter(line -> line.matches(FIGURES)).reduce((_, last) -> last).orElse("");
            if (exit != 0 || figures.isEmpty()) {
                throw new IOException(main.getSimpleName() + " " + String.join(" ", args) + " ended with exit code "
                        + exit + " and printed no figures");
            }
            return Arrays.stream(figures.split(" ")).mapToDouble(Double::parseDouble).toArray();
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
