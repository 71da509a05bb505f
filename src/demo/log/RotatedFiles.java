package demo.log;

import java.io.IOException;
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
import java.util.TreeMap;

/**
 * The rotated files of a log: names them, compresses them after a delay, and deletes the oldest while they are too old
 * or too large in total. The newest is kept in any case.
 *
 * <p>The folder is read once, at the start; afterwards the names are kept here, because thousands of files must not
 * slow down a rotation. A failure is reported once, counted, and retried in the next minute. A file that another process
 * removed is forgotten.
 *
 * <p>A writing thread calls {@link #nextName} and {@link #add}; the background thread does the rest.
 */
final class RotatedFiles {
    /** The names follow a clock that was set back further than this. */
    private static final Duration MAX_CLOCK_STEP = Duration.ofDays(1);
    private static final long RETRY_SECONDS = 60;

    private final LogSettings settings;
    private final Path folder;
    private final String base;
    private final Compressor compressor;
    private final Counters counters;
    private final ErrorReporter errors;

    private final NavigableMap<LogFileName, Long> bytesByName = new TreeMap<>(); // oldest first; guarded by this
    private long totalBytes; // guarded by this
    private LogFileName newest; // the last that was rotated, else the highest name; guarded by this
    private final Set<LogFileName> failed = new HashSet<>(); // background thread only
    private long failedMinute; // background thread only

    /** @param file the resolved path of the current file */
    RotatedFiles(LogSettings settings, Path file, Compressor compressor, Counters counters, ErrorReporter errors) {
        this.settings = settings;
        this.folder = file.getParent();
        this.base = file.getFileName().toString();
        this.compressor = compressor;
        this.counters = counters;
        this.errors = errors;
    }

    /** Reads the folder and removes what a killed process left. */
    void open() throws IOException {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder)) {
            for (Path file : files) {
                String name = file.getFileName().toString();
                FileStat stat = FileStat.of(file);
                if (stat != null && stat.regular()) {
                    LogFileName.parse(base, name).ifPresent(parsed -> add(parsed, stat.bytes()));
                }
                if (Compressor.isTemporary(base, name)) {
                    Files.deleteIfExists(file);
                }
            }
        }
        for (LogFileName name : List.copyOf(bytesByName.keySet())) {
            // The process was killed before it deleted the source. The source is whole and is compressed again.
            if (name.compressed() && bytesByName.containsKey(name.asPlain())) {
                Files.deleteIfExists(path(name));
                forget(name);
            }
        }
        newest = bytesByName.isEmpty() ? null : bytesByName.lastKey().asPlain();
    }

    Path path(LogFileName name) {
        return folder.resolve(name.toString());
    }

    /**
     * A free name for a file that is rotated now. It orders after the names before, also if the clock was set back,
     * but by at most {@link #MAX_CLOCK_STEP}.
     */
    synchronized LogFileName nextName(Instant now) throws IOException {
        var name = LogFileName.at(base, now);
        if (newest != null && newest.compareTo(name) >= 0 && newest.rotated().isBefore(now.plus(MAX_CLOCK_STEP))) {
            name = newest.nextCopy();
        }
        while (FileStat.of(path(name)) != null || FileStat.of(path(name.asCompressed())) != null) {
            name = name.nextCopy();
        }
        return name;
    }

    /** A file has this name now. */
    synchronized void add(LogFileName name, long bytes) {
        bytesByName.put(name, bytes);
        totalBytes += bytes;
        newest = name.asPlain();
    }

    private synchronized void forget(LogFileName name) {
        Long bytes = bytesByName.remove(name);
        totalBytes -= bytes == null ? 0 : bytes;
    }

    synchronized int count() {
        return bytesByName.size();
    }

    /** Deletes the oldest files while they are older than the retention or exceed the retention size in total. */
    void deleteExpired(Instant now) {
        for (LogFileName name : expired(now)) {
            if (isWaiting(name, now)) {
                continue;
            }
            try {
                if (Files.deleteIfExists(path(name))) {
                    counters.deletedByRetention.incrementAndGet();
                    reportEarlyDeletion(name, now);
                }
                forget(name);
                errors.resolved(ErrorReporter.Kind.DELETE, "old rotated files are deleted again");
            } catch (IOException e) {
                failed.add(name);
                errors.failed(ErrorReporter.Kind.DELETE, "cannot delete the old rotated file " + path(name) + ": "
                        + ErrorReporter.cause(e) + "; the deletion is retried every minute");
            }
        }
    }

    private synchronized List<LogFileName> expired(Instant now) {
        List<LogFileName> expired = new ArrayList<>();
        long bytesLeft = totalBytes;
        for (Map.Entry<LogFileName, Long> file : bytesByName.entrySet()) {
            LogFileName name = file.getKey();
            boolean tooOld = Duration.between(name.rotated(), now).compareTo(settings.retention()) > 0;
            if (!tooOld && bytesLeft <= settings.retentionBytes()) {
                break;
            }
            if (!name.asPlain().equals(newest)) {
                expired.add(name);
                bytesLeft -= file.getValue();
            }
        }
        return expired;
    }

    private void reportEarlyDeletion(LogFileName name, Instant now) {
        if (!name.compressed() && Duration.between(name.rotated(), now).compareTo(settings.compressionDelay()) < 0) {
            errors.failed(ErrorReporter.Kind.EARLY_DELETE, "the rotated file " + path(name) + " was deleted before its"
                    + " compression delay, because the rotated files exceed the retention size of "
                    + settings.retentionBytes() + " bytes; a collector may have missed lines of it");
        }
    }

    /** Compresses the oldest file whose delay has passed; false if there is none. */
    boolean compressNext(Instant now) {
        LogFileName name = nextToCompress(now);
        if (name == null) {
            return false;
        }
        Path target = path(name.asCompressed());
        try {
            if (FileStat.of(path(name)) == null) {
                forget(name);
            } else if (compressor.compress(path(name), target)) {
                long bytes = Files.size(target);
                synchronized (this) {
                    forget(name);
                    bytesByName.put(name.asCompressed(), bytes);
                    totalBytes += bytes;
                }
                counters.compressions.incrementAndGet();
                errors.resolved(ErrorReporter.Kind.COMPRESS, "rotated files are compressed again");
            }
        } catch (IOException e) {
            failed.add(name);
            counters.compressionFailures.incrementAndGet();
            errors.failed(ErrorReporter.Kind.COMPRESS, "cannot compress the rotated file " + path(name) + ": "
                    + ErrorReporter.cause(e) + "; the compression is retried every minute");
        }
        return true;
    }

    private synchronized LogFileName nextToCompress(Instant now) {
        for (LogFileName name : bytesByName.keySet()) {
            if (!name.compressed() && !isWaiting(name, now)
                    && Duration.between(name.rotated(), now).compareTo(settings.compressionDelay()) >= 0) {
                return name;
            }
        }
        return null;
    }

    /** A failed file is tried again in the next minute of the clock. */
    private boolean isWaiting(LogFileName name, Instant now) {
        long minute = now.getEpochSecond() / RETRY_SECONDS;
        if (minute != failedMinute) {
            failedMinute = minute;
            failed.clear();
        }
        return failed.contains(name);
    }
}
