package demo.bench;

import java.io.BufferedReader;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.LongBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.BitSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.zip.GZIPInputStream;

/** Kills a process that logs, and counts the lines whose call had returned and that are in no file. */
final class KilledPipeline {
    private static final int THREADS = 8;
    private static final long LINES = 300_000;
    private static final Pattern NUMBER = Pattern.compile("/orders/o-(\\d+)-(\\d+)");

    private KilledPipeline() {
    }

    /** The child: {@code NAME FOLDER}. */
    public static void main(String[] args) throws Exception {
        Path folder = Path.of(args[1]);
        LongBuffer returned = returned(folder);
        var pipeline = LogPipeline.open(args[0], folder.resolve("logs"), true);
        for (int t = 0; t < THREADS; t++) {
            int thread = t;
            Thread.ofPlatform().start(() -> {
                pipeline.enterThread();
                for (long n = 1; ; n++) {
                    pipeline.log("/orders/o-" + thread + "-" + n, 1.5);
                    returned.put(thread, n);
                }
            });
        }
    }

    /** Each thread's last line whose call returned, in mapped memory that outlives the process. */
    private static LongBuffer returned(Path folder) throws IOException {
        try (FileChannel channel = FileChannel.open(folder.resolve("returned"), StandardOpenOption.CREATE,
                StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            return channel.map(FileChannel.MapMode.READ_WRITE, 0, THREADS * (long) Long.BYTES).asLongBuffer();
        }
    }

    static long missingLines(String name, Path folder) throws IOException, InterruptedException {
        Path logs = Files.createDirectory(folder.resolve("logs"));
        LongBuffer returned = returned(folder);
        Process child = Child.start(KilledPipeline.class, folder.resolve("output"), name, folder.toString());
        while (IntStream.range(0, THREADS).mapToLong(returned::get).sum() < LINES) {
            if (!child.isAlive()) {
                throw new IOException(name + " ended: " + Files.readString(folder.resolve("output")));
            }
            Thread.sleep(1);
        }
        child.destroyForcibly().waitFor();
        BitSet[] found = new BitSet[THREADS];
        Arrays.setAll(found, _ -> new BitSet());
        try (DirectoryStream<Path> files = Files.newDirectoryStream(logs)) {
            for (Path file : files) {
                read(file, found);
            }
        }
        return IntStream.range(0, THREADS)
                .mapToLong(t -> returned.get(t) - found[t].get(0, (int) returned.get(t) + 1).cardinality()).sum();
    }

    /** An incomplete .gz counts as far as it can be read. */
    private static void read(Path file, BitSet[] found) throws IOException {
        try (InputStream in = Files.newInputStream(file);
                var reader = new BufferedReader(new InputStreamReader(file.toString().contains(".gz")
                        ? new GZIPInputStream(in, 1 << 16) : in, StandardCharsets.UTF_8))) {
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                Matcher number = NUMBER.matcher(line);
                if (number.find()) {
                    found[Integer.parseInt(number.group(1))].set(Integer.parseInt(number.group(2)));
                }
            }
        } catch (EOFException e) {
            // The plain source of this copy still exists.
        }
    }
}
