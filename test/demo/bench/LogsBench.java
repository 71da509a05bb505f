package demo.bench;

import demo.bench.Results.Column;
import java.io.BufferedReader;
import java.io.EOFException;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.LongBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.zip.GZIPInputStream;

/**
 * Compares the log with Log4j 2, Logback, tinylog and the machine's limit:
 * {@code ./build.sh bench logs [ROUNDS [LINES [NAME…]]]}. With 0 rounds only the kills run. A NAME that ends in
 * {@code .jar} is another build of this log, for example an older {@code demo.jar}.
 *
 * <p>Every round runs each pipeline once, in a separate process, one after the other. CPU-seconds include the
 * compression of the last rotated file. "limit-write" writes lines that are ready, one write(2) each: the upper bound
 * for a log that writes before it returns.
 *
 * <p>You should see: this log ahead of every peer in every column, calls below 20 ms while files rotate and compress,
 * and no returned line missing after {@code kill -9}, where the asynchronous peers lose thousands.
 */
final class LogsBench {
    private static final List<String> ALL = List.of("ours", "log4j-async", "log4j-sync", "logback-async",
            "logback-sync", "tinylog", "limit-write");
    private static final List<String> THREADS = List.of("platform 1", "platform 8", "platform 64", "virtual 64");
    private static final int KILLED_THREADS = 8;
    private static final Pattern DURATION = Pattern.compile("\"duration_ms\":([0-9.E-]+)[,}]");
    private static final String FIGURES = "[-0-9.E ]+";

    private LogsBench() {
    }

    static void main(String[] args) throws Exception {
        int rounds = args.length > 0 ? Integer.parseInt(args[0]) : 3;
        int lines = args.length > 1 ? Integer.parseInt(args[1]) : 1_000_000;
        List<String> names = args.length > 2 ? Arrays.asList(args).subList(2, args.length) : ALL;
        if (rounds > 0) {
            measureThroughput("gzip", rounds, lines, names);
            measureThroughput("plain", rounds, lines, names);
            var calls = new Results("4 threads, in all 50,000 lines/s for 8 s, with gzip", "one call",
                    new Column("p50 µs", "%.1f"), new Column("p99 µs", "%.1f"), new Column("p99.9 µs", "%.1f"),
                    new Column("max ms", "%.2f"));
            measure(calls, rounds, names,
                    (name, logs) -> figures(name, logs, "gzip", "platform", 4, 400_000, 50_000));
        }
        var kills = new Results("kill -9 after 300,000 lines from " + KILLED_THREADS + " threads", "pipeline",
                new Column("returned lines that are missing", "%,.0f"));
        measure(kills, 1, names.stream().filter(name -> !name.startsWith("limit")).toList(),
                (name, logs) -> new double[] {missingAfterKill(name, logs)});
    }

    private interface Run {
        double[] of(String name, Path logs) throws Exception;
    }

    private static void measure(Results results, int rounds, List<String> names, Run run) throws Exception {
        var rows = new LinkedHashMap<String, Results.Measurement>();
        names.forEach(name -> rows.put(name, folder -> run.of(name, Files.createDirectory(folder.resolve("logs")))));
        results.measure(rounds, rows);
        results.print();
    }

    /** Thousands of lines/s for each kind of threads, then CPU-seconds per million lines for each. */
    private static void measureThroughput(String gzip, int rounds, int lines, List<String> names) throws Exception {
        int kinds = THREADS.size();
        var columns = new Column[2 * kinds];
        for (int i = 0; i < kinds; i++) {
            columns[i] = new Column(THREADS.get(i), "%.0fk");
            columns[i + kinds] = new Column("CPU-s per million, " + THREADS.get(i), "%.1f");
        }
        var results = new Results(lines + " lines of about 300 B a run, rotation at 10 MB", gzip, columns);
        measure(results, rounds, names, (name, folder) -> {
            double[] row = new double[columns.length];
            for (int i = 0; i < kinds; i++) {
                Path logs = Files.createDirectories(folder.resolve(Integer.toString(i)).resolve("logs"));
                String[] kind = THREADS.get(i).split(" ");
                double[] run = figures(name, logs, gzip, kind[0], kind[1], lines);
                row[i] = run[0] / 1e3;
                row[i + kinds] = run[1];
            }
            return row;
        });
    }

    /** Starts a {@link LogsChild}. Its class path begins with the jar, if the name is one. */
    private static Process start(String name, Path logs, Object... arguments) throws IOException {
        boolean jar = name.endsWith(".jar");
        var command = ProgramCommand.of(LogsChild.class, (jar ? name + File.pathSeparator : "")
                + System.getProperty("java.class.path")).with("-Xmx512m").and(jar ? "ours" : name, logs).and(arguments);
        return new ProcessBuilder(command.arguments()).redirectErrorStream(true)
                .redirectOutput(logs.resolveSibling("output").toFile()).start();
    }

    /** Runs a child to its end. Returns its figures and prints all other output to stderr. */
    private static double[] figures(String name, Path logs, Object... arguments)
            throws IOException, InterruptedException {
        int exit = start(name, logs, arguments).waitFor();
        List<String> lines = Files.readAllLines(logs.resolveSibling("output"));
        lines.stream().filter(line -> !line.matches(FIGURES)).distinct()
                .forEach(line -> System.err.println(name + ": " + line));
        String figures = lines.stream().filter(line -> line.matches(FIGURES)).reduce("", (_, last) -> last);
        if (exit != 0 || figures.isEmpty()) {
            throw new IOException(name + " ended with exit code " + exit + " and printed no figures");
        }
        return Arrays.stream(figures.split(" ")).mapToDouble(Double::parseDouble).toArray();
    }

    /** Kills a process that logs, and counts the lines whose call had returned and that are in no file. */
    private static long missingAfterKill(String name, Path logs) throws IOException, InterruptedException {
        LongBuffer returned = LogsChild.returned(logs, KILLED_THREADS);
        Process child = start(name, logs, "gzip", "platform", KILLED_THREADS, 0);
        while (IntStream.range(0, KILLED_THREADS).mapToLong(returned::get).max().orElseThrow() < 300_000) {
            if (!child.isAlive()) {
                throw new IOException(name + " ended: " + Files.readString(logs.resolveSibling("output")));
            }
            Thread.sleep(1);
        }
        child.destroyForcibly().waitFor();
        var missing = new BitSet();
        for (int t = 0; t < KILLED_THREADS; t++) {
            for (int n = t; n < returned.get(t); n += KILLED_THREADS) {
                missing.set(n);
            }
        }
        try (DirectoryStream<Path> files = Files.newDirectoryStream(logs)) {
            for (Path file : files) {
                clearLinesOf(file, missing);
            }
        }
        return missing.cardinality();
    }

    /** An incomplete .gz counts as far as it can be read. */
    private static void clearLinesOf(Path file, BitSet missing) throws IOException {
        try (InputStream in = Files.newInputStream(file);
                var reader = new BufferedReader(new InputStreamReader(file.toString().contains(".gz")
                        ? new GZIPInputStream(in, 1 << 16) : in, StandardCharsets.UTF_8))) {
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                Matcher duration = DURATION.matcher(line);
                if (duration.find()) {
                    missing.clear((int) Math.round(Double.parseDouble(duration.group(1)) * 1e3));
                }
            }
        } catch (EOFException e) {
            // The plain source of this copy still exists.
        }
    }
}
