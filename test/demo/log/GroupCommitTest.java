package demo.log;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Lines that arrive during a write become the next one, and nobody returns early or never. */
@Timeout(60)
class GroupCommitTest {
    /** Sizes of the groups in their order. */
    private final List<Integer> groups = new ArrayList<>();
    private final CountDownLatch firstWriteBegan = new CountDownLatch(1);
    private final CountDownLatch firstWriteMayEnd = new CountDownLatch(1);

    private static Pending line() {
        return LogEvent.ignored();
    }

    private static int length(Pending first) {
        int length = 0;
        for (Pending line = first; line != null; line = line.next) {
            length++;
        }
        return length;
    }

    /** The first write takes until the test lets it end. */
    private void slowAtFirst(Pending first) {
        groups.add(length(first));
        if (groups.size() == 1) {
            firstWriteBegan.countDown();
            awaitUninterrupted(firstWriteMayEnd);
        }
    }

    private static void awaitUninterrupted(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private static void await(BooleanSupplier condition) {
        while (!condition.getAsBoolean()) {
            Thread.yield();
        }
    }

    private static boolean sleeps(Thread thread) {
        return thread.getState() == Thread.State.WAITING;
    }

    private void linesOfAWriteBecomeTheNext(ThreadFactory threads) throws InterruptedException {
        var commit = new GroupCommit(this::slowAtFirst);
        var all = new ArrayList<Thread>();
        Thread writer = threads.newThread(() -> commit.write(line()));
        writer.start();
        firstWriteBegan.await();
        var returned = new AtomicInteger();
        for (int i = 0; i < 5; i++) {
            Thread thread = threads.newThread(() -> {
                commit.write(line());
                returned.incrementAndGet();
            });
            thread.start();
            all.add(thread);
        }
        all.forEach(thread -> await(() -> sleeps(thread)));
        assertEquals(0, returned.get(), "nobody returns before the line is written");

        firstWriteMayEnd.countDown();
        for (Thread thread : all) {
            thread.join();
        }
        writer.join();

        assertEquals(List.of(1, 5), groups);
        assertEquals(5, returned.get());
    }

    @Test
    void linesThatArriveDuringAWriteAreWrittenTogether() throws Exception {
        linesOfAWriteBecomeTheNext(Thread.ofPlatform().factory());
    }

    @Test
    void linesOfVirtualThreadsToo() throws Exception {
        linesOfAWriteBecomeTheNext(Thread.ofVirtual().factory());
    }

    @Test
    void anInterruptedCallerWaitsForItsLineAndStaysInterrupted() throws Exception {
        var commit = new GroupCommit(this::slowAtFirst);
        Thread writer = Thread.ofPlatform().start(() -> commit.write(line()));
        firstWriteBegan.await();
        var interrupted = new AtomicInteger();
        Thread waiter = Thread.ofPlatform().start(() -> {
            Thread.currentThread().interrupt();
            commit.write(line());
            interrupted.set(Thread.currentThread().isInterrupted() ? 1 : -1);
        });
        await(() -> sleeps(waiter));
        waiter.interrupt();
        await(() -> sleeps(waiter));
        assertEquals(0, interrupted.get());

        firstWriteMayEnd.countDown();
        waiter.join();
        writer.join();

        assertEquals(1, interrupted.get());
    }

    @Test
    void aSinkThatThrowsStopsNobodyElse() {
        var calls = new AtomicInteger();
        var commit = new GroupCommit(first -> {
            if (calls.incrementAndGet() == 1) {
                throw new IllegalStateException("broken");
            }
        });

        assertThrows(IllegalStateException.class, () -> commit.write(line()));
        commit.write(line());

        assertEquals(2, calls.get());
    }

    @Test
    void linesOfOneCallerKeepTheirOrderAndNoneIsDoubledOrForgotten() throws Exception {
        int threads = 32;
        int lines = 5_000;
        int[] last = new int[threads];
        var inOrder = new boolean[] {true};
        var commit = new GroupCommit(first -> {
            for (Pending line = first; line != null; line = line.next) {
                int thread = line.text.bytes()[0];
                int number = ((line.text.bytes()[1] & 0xff) << 8) + (line.text.bytes()[2] & 0xff);
                inOrder[0] &= number == last[thread] + 1;
                last[thread] = number;
            }
        });
        var all = new ArrayList<Thread>();
        for (int t = 0; t < threads; t++) {
            byte thread = (byte) t;
            var builder = t % 2 == 0 ? Thread.ofPlatform() : Thread.ofVirtual();
            all.add(builder.start(() -> {
                var line = line();
                for (int n = 1; n <= lines; n++) {
                    line.text.cutTo(0);
                    line.text.raw(new byte[] {thread, (byte) (n >> 8), (byte) n});
                    commit.write(line);
                    assertTrue(line.settled);
                    if (n % 100 == 0) {
                        Thread.currentThread().interrupt();
                    }
                }
            }));
        }
        for (Thread thread : all) {
            thread.join();
        }

        assertTrue(inOrder[0]);
        for (int number : last) {
            assertEquals(lines, number);
        }
    }

    @Test
    void nothingIsWrittenDuringAnExclusiveTask() throws Exception {
        var exclusive = new boolean[1];
        var overlapped = new boolean[1];
        var commit = new GroupCommit(first -> overlapped[0] |= exclusive[0]);
        Thread writer = Thread.ofPlatform().start(() -> {
            for (int i = 0; i < 20_000; i++) {
                commit.write(line());
            }
        });
        while (writer.isAlive()) {
            commit.exclusively(() -> {
                exclusive[0] = true;
                Thread.onSpinWait();
                exclusive[0] = false;
            });
        }
        writer.join();

        assertFalse(overlapped[0]);
    }
}
