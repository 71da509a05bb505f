package demo.bench;

import java.util.concurrent.atomic.AtomicLong;

/**
 * How far apart two processors are. Those of a virtual machine may share a cache in one second and be moved to two in
 * the next, which changes what two threads that wait for each other can do by half.
 */
final class Processors {
    private static final int ROUNDS_TO_WARM_UP = 100_000;
    private static final int ROUNDS = 200_000;

    private Processors() {
    }

    /** Nanoseconds for a number to be seen by another thread and its answer to be seen here, both looking all the time. */
    static double nanosApart() throws InterruptedException {
        nanosARound(ROUNDS_TO_WARM_UP);
        return nanosARound(ROUNDS);
    }

    private static double nanosARound(int rounds) throws InterruptedException {
        var word = new AtomicLong();
        var other = Thread.ofPlatform().start(() -> {
            for (long i = 0; i < rounds; i++) {
                await(word, 2 * i + 1);
                word.setRelease(2 * i + 2);
            }
        });
        long start = System.nanoTime();
        for (long i = 0; i < rounds; i++) {
            word.setRelease(2 * i + 1);
            await(word, 2 * i + 2);
        }
        double nanos = (double) (System.nanoTime() - start) / rounds;
        other.join();
        return nanos;
    }

    private static void await(AtomicLong word, long value) {
        while (word.getAcquire() != value) {
            Thread.onSpinWait();
        }
    }
}
