package demo.log;

import demo.log.ErrorReporter.Kind;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListMap;

/**
 * The rotated files of a log: names them, compresses them after a delay, and deletes the oldest while it is older than
 * the retention or the files exceed the retention size. The newest is kept in any case.
 *
 * <p>The folder is read once, at the start; afterwards the names are kept in memory, so that thousands of files do not
 * slow down a rotation. A failed compression is retried in the next minute, a failed deletion with the next poll. A file
 * that another process removed is forgotten.
 *
 * <p>A writing thread, which has the lock of {@link CurrentFile}, calls {@link #nextName} and {@link #add}; the
 * background thread does the rest.
 */
final class RotatedFiles {
    /** If the clock moved back by more than this, new names have the new time, and sort before the older files. */
    private static final Duration MAX_CLOCK_STEP = Duration.ofDays(1);

    private final LogSettings settings;
    private final Compressor compressor;
    private final Counters counters;
    private final ErrorReporter errors;
    private final NavigableMap<LogFileName, Long> bytesByName = new ConcurrentSkipListMap<>(); // oldest first
    private volatile LogFileName newest; // rotated last, or the highest name at the start; uncompressed; may be null
    private final Set<LogFileName> failed = new HashSet<>(); // background thread only
    private long failedMinute; // background thread only

    RotatedFiles(LogSettings settings, Compressor compressor, Counters counters, ErrorReporter errors) {
        this.settings = settings;
        this.compressor = compressor;
        this.counters = counters;
        this.errors = errors;
    }

    /**
     * Reads the folder and removes temporary files. If a process was killed before it deleted the source of a .gz, the
     * source is complete: it is compressed again and replaces the .gz.
     */
    void open() throws IOException {
        String base = settings.file().getFileName().toString();
        try (DirectoryStream<Path> folder = Files.newDirectoryStream(settings.file().getParent())) {
            for (Path file : folder) {
                String name = file.getFileName().toString();
                FileStat stat = FileStat.of(file);
                if (Compressor.isTemporary(base, name)) {
                    Files.deleteIfExists(file);
                } else if (stat != null && stat.regular()) {
                    LogFileName.parse(base, name).ifPresent(parsed -> add(parsed, stat.bytes()));
                }
            }
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
        newest = bytesByName.isEmpty() ? null : bytesByName.lastKey().asPlain();
    }

    Path path(LogFileName name) {
        return settings.file().resolveSibling(name.toString());
    }

    int count() {
        return bytesByName.size();
    }

    /** A free name. It orders after all earlier names, also if the clock was set back by less than a day. */
    LogFileName nextName(Instant now) throws IOException {
        var name = LogFileName.at(settings.file().getFileName().toString(), now);
        if (newest != null && newest.compareTo(name) >= 0 && newest.rotated().isBefore(now.plus(MAX_CLOCK_STEP))) {
            name = newest.nextInSecond();
        }
        while (FileStat.of(path(name)) != null || FileStat.of(path(name.asCompressed())) != null) {
            name = name.nextInSecond();
        }
        return name;
    }

    /** Adds a file that has this name in the folder. */
    void add(LogFileName name, long bytes) {
        bytesByName.put(name, bytes);
        newest = name.asPlain();
    }

    /** Deletes the oldest files while they are older than the retention or exceed the retention size in total. */
    void deleteExpired(Instant now) {
        for (LogFileName name : expired(now)) {
            try {
                if (Files.deleteIfExists(path(name))) {
                    counters.deletedByRetention.incrementAndGet();
                }
                forget(name);
            } catch (IOException e) {
                errors.failed(Kind.DELETE, path(name), e);
            }
        }
    }

    private List<LogFileName> expired(Instant now) {
        var expired = new ArrayList<LogFileName>();
        long totalBytes = bytesByName.values().stream().mapToLong(Long::longValue).sum();
        for (Map.Entry<LogFileName, Long> file : bytesByName.entrySet()) {
            LogFileName name = file.getKey();
            if (name.age(now).compareTo(settings.retention()) <= 0 && totalBytes <= settings.retentionBytes()) {
                break;
            }
            if (!name.asPlain().equals(newest)) {
                expired.add(name);
                totalBytes -= file.getValue();
            }
        }
        return expired;
    }

    /** Compresses the oldest file whose delay has passed; false if there is none. */
    boolean compressNext(Instant now) {
        if (now.getEpochSecond() / 60 != failedMinute) {
            failedMinute = now.getEpochSecond() / 60;
            failed.clear();
        }
        for (LogFileName name : bytesByName.keySet()) {
            if (!name.compressed() && name.age(now).compareTo(settings.compressionDelay()) >= 0
                    && !failed.contains(name)) {
                compress(name);
                return true;
            }
        }
        return false;
    }

    private void compress(LogFileName name) {
        Path target = path(name.asCompressed());
        try {
            if (FileStat.of(path(name)) == null) {
                forget(name);
            } else if (compressor.compress(path(name), target)) {
                forget(name);
                bytesByName.put(name.asCompressed(), Files.size(target));
                counters.compressions.incrementAndGet();
            }
        } catch (IOException e) {
            failed.add(name);
            counters.compressionFailures.incrementAndGet();
            errors.failed(Kind.COMPRESS, path(name), e);
        }
    }

    /** The file no longer has this name. */
    private void forget(LogFileName name) {
        bytesByName.remove(name);
        errors.resolved(Kind.COMPRESS, path(name));
        errors.resolved(Kind.DELETE, path(name));
    }
}
