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
import java.util.Set;
import java.util.TreeSet;

/**
 * The rotated files: each keeps its plain name for a while, is compressed then, and deleted when it is old. The newest
 * is never deleted.
 *
 * <p>The folder is read once, at the start; from then on the names are kept in order here, so that the next one to
 * compress or delete is the smallest and thousands of files cost no more than one. What can't be compressed or deleted
 * is told, counted and tried again a minute later; a file that somebody else has taken away is forgotten.
 *
 * <p>Rotations come from whichever thread writes; everything else is for one background thread.
 */
final class Archive {
    private static final Duration MAX_SET_BACK = Duration.ofDays(1);
    private static final Duration RETRY = Duration.ofMinutes(1);
    /** As when the disk is full: more attempts would fail in the same way. */
    private static final int MAX_FAILURES_A_MINUTE = 3;
    /** More files than these that wait to be compressed are a backlog. */
    private static final int MAX_WAITING = 3;

    private final Path folder;
    private final String base;
    private final Duration compressionDelay;
    private final Duration retention;
    private final Compressor compressor;
    private final Troubles troubles;
    private final Counters counters;

    private final Object lock = new Object();
    private final TreeSet<LogFileName> plain = new TreeSet<>(); // guarded by lock
    private final TreeSet<LogFileName> compressed = new TreeSet<>(); // guarded by lock
    private LogFileName newest; // guarded by lock, null before the first
    private Place ahead; // guarded by lock, null where there is none
    private final Set<LogFileName> failed = new HashSet<>();
    private Instant failedSince = Instant.EPOCH;

    Archive(LogSettings settings, Compressor compressor, Troubles troubles, Counters counters) {
        this.folder = settings.file().toAbsolutePath().getParent();
        this.base = settings.file().getFileName().toString();
        this.compressionDelay = settings.compressionDelay();
        this.retention = settings.retention();
        this.compressor = compressor;
        this.troubles = troubles;
        this.counters = counters;
    }

    /** Reads the folder, and finishes or sweeps what a process that was killed left behind. */
    void open() throws IOException {
        if (!Files.isDirectory(folder)) {
            return;
        }
        List<LogFileName> names = new ArrayList<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder)) {
            for (Path file : files) {
                String name = file.getFileName().toString();
                LogFileName.parse(base, name).ifPresent(names::add);
                if (Compressor.isTemporary(base, name)) {
                    Files.deleteIfExists(file);
                }
            }
        }
        synchronized (lock) {
            for (LogFileName name : names) {
                (name.compressed() ? compressed : plain).add(name);
                newest = newest == null || newest.compareTo(name) < 0 ? name : newest;
            }
        }
        finishDeletions();
    }

    /** A process was killed after a file had been compressed and before the source was deleted. */
    private void finishDeletions() {
        List<LogFileName> doubled;
        synchronized (lock) {
            doubled = plain.stream().filter(name -> compressed.contains(name.asCompressed())).toList();
        }
        for (LogFileName name : doubled) {
            try {
                if (compressor.isCopy(path(name), path(name.asCompressed()))) {
                    Files.deleteIfExists(path(name));
                    forget(plain, name);
                } else {
                    Files.deleteIfExists(path(name.asCompressed()));
                    forget(compressed, name.asCompressed());
                }
            } catch (IOException e) {
                troubles.deleting(path(name), e);
            }
        }
    }

    /**
     * A name that no file has, and where that is.
     *
     * @param second when it was found, since 1970; it is good for the rest of that second
     */
    record Place(LogFileName name, Path path, long second) { }

    /**
     * Finds the place for a rotation in this second ahead of it, which takes longer than the rotation itself: code that
     * runs so seldom is not compiled, and in no cache.
     */
    void findNext(Instant now) {
        LogFileName before;
        synchronized (lock) {
            if (ahead != null && ahead.second() == now.getEpochSecond()) {
                return;
            }
            before = newest;
        }
        Place found = find(now);
        synchronized (lock) {
            // A rotation that came meanwhile may have taken it.
            ahead = newest == before ? found : null;
        }
    }

    /** The place for the file that is rotated now. */
    Place next(Instant now) {
        Place found;
        synchronized (lock) {
            found = ahead;
        }
        boolean good = found != null && found.second() == now.getEpochSecond() && !RealDisk.exists(found.path());
        return good ? found : find(now);
    }

    /**
     * The place orders after all others, though the clock may have been set back. Unless it was by more than a day:
     * then it is right now, and was wrong before.
     */
    private Place find(Instant now) {
        var name = LogFileName.at(base, now);
        synchronized (lock) {
            if (newest != null && !newest.rotated().isBefore(name.rotated())
                    && newest.rotated().isBefore(now.plus(MAX_SET_BACK))) {
                name = newest.asPlain().nextCopy();
            }
        }
        while (exists(name) || exists(name.asCompressed())) {
            name = name.nextCopy();
        }
        return new Place(name, path(name), now.getEpochSecond());
    }

    private boolean exists(LogFileName name) {
        return RealDisk.exists(path(name));
    }

    /** A file has got this name. */
    void add(LogFileName name) {
        synchronized (lock) {
            plain.add(name);
            newest = name;
            ahead = null;
        }
    }

    long size() {
        synchronized (lock) {
            return plain.size() + compressed.size();
        }
    }

    /** Deletes every file that is too old now. */
    void deleteOld(Instant now) {
        forgetFailures(now);
        Instant oldest = now.minus(retention);
        deleteOld(plain, oldest, now);
        deleteOld(compressed, oldest, now);
    }

    private void deleteOld(TreeSet<LogFileName> names, Instant oldest, Instant now) {
        for (LogFileName name : before(names, oldest)) {
            if (failures() == MAX_FAILURES_A_MINUTE) {
                return;
            }
            if (failed.contains(name)) {
                continue;
            }
            try {
                if (Files.deleteIfExists(path(name))) {
                    counters.deletedByRetention.incrementAndGet();
                }
                forget(names, name);
                troubles.deleted();
            } catch (IOException e) {
                fail(name, now);
                troubles.deleting(path(name), e);
            }
        }
    }

    private List<LogFileName> before(TreeSet<LogFileName> names, Instant instant) {
        synchronized (lock) {
            if (names.isEmpty() || !names.first().rotated().isBefore(instant)) {
                return List.of();
            }
            return names.stream().takeWhile(name -> name.rotated().isBefore(instant))
                    .filter(name -> !name.asPlain().equals(newestOfAll())).toList();
        }
    }

    private LogFileName newestOfAll() {
        LogFileName a = plain.isEmpty() ? null : plain.last();
        LogFileName b = compressed.isEmpty() ? null : compressed.last().asPlain();
        return a == null || b != null && a.compareTo(b) < 0 ? b : a;
    }

    /**
     * Compresses the oldest file that has kept its plain name long enough; false when there is none. Gently, unless
     * files come faster than that.
     */
    boolean compressNext(Instant now) {
        forgetFailures(now);
        Instant rotatedBy = now.minus(compressionDelay);
        LogFileName name = nextToCompress(rotatedBy);
        if (name == null || failures() == MAX_FAILURES_A_MINUTE) {
            return false;
        }
        Path source = path(name);
        try {
            if (!Files.exists(source)) {
                forget(plain, name);
            } else if (compressor.compress(source, path(name.asCompressed()), !isBehind(rotatedBy))) {
                synchronized (lock) {
                    plain.remove(name);
                    compressed.add(name.asCompressed());
                }
                counters.compressions.incrementAndGet();
                troubles.compressed();
            } else {
                return false;
            }
        } catch (IOException e) {
            fail(name, now);
            counters.compressionFailures.incrementAndGet();
            troubles.compressing(source, e);
        }
        return true;
    }

    private LogFileName nextToCompress(Instant rotatedBy) {
        synchronized (lock) {
            for (LogFileName name : plain) {
                if (name.rotated().isAfter(rotatedBy)) {
                    return null;
                }
                if (!failed.contains(name)) {
                    return name;
                }
            }
            return null;
        }
    }

    private boolean isBehind(Instant rotatedBy) {
        synchronized (lock) {
            return plain.stream().limit(MAX_WAITING + 1).filter(name -> !name.rotated().isAfter(rotatedBy)).count()
                    > MAX_WAITING;
        }
    }

    private int failures() {
        return failed.size();
    }

    private void fail(LogFileName name, Instant now) {
        if (failed.isEmpty()) {
            failedSince = now;
        }
        failed.add(name);
    }

    /** A clock that was set back ends the wait too. */
    private void forgetFailures(Instant now) {
        if (Duration.between(failedSince, now).abs().compareTo(RETRY) >= 0) {
            failed.clear();
        }
    }

    private void forget(TreeSet<LogFileName> names, LogFileName name) {
        synchronized (lock) {
            names.remove(name);
        }
    }

    private Path path(LogFileName name) {
        return folder.resolve(name.toString());
    }
}
