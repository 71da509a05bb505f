package demo.tools.traffic;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import demo.tools.traffic.Mix.Kind;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class GeneratorTest {
    private static final long SEED = 42;
    private static final Duration LENGTH = Duration.ofMillis(400);
    private static final Duration WAIT = Duration.ofSeconds(30);
    private static final Mix MENU_ONLY = ArrivalsTest.mix("menu=1");
    /** The number of visits of the seed within the run. */
    private static final int VISITS = (int) Stream.generate(arrivals(new SplittableRandom(SEED))::next)
            .takeWhile(visit -> visit.dueNanos() < LENGTH.toNanos()).count();

    private final Map<Kind, Results> results = Results.byKind();
    @AutoClose
    private final FakeShop shop = new FakeShop();

    GeneratorTest() throws IOException { }

    @Test
    void startsVisitsWithoutWaitingForResponses() throws Exception {
        var allArrived = new CountDownLatch(VISITS);
        var generator = generator(1_000);
        shop.beforeResponse = () -> {
            allArrived.countDown();
            allArrived.await(); // in a closed loop the second request would wait for the first response
        };

        generator.run(LENGTH);

        assertEquals(VISITS, sum().get(Outcome.STATUS_2XX));
        assertEquals(0, sum().get(Outcome.NOT_SENT));
    }

    @Test
    void countsLatencyFromTheDueTimeWhenTheGeneratorItselfIsLate() throws Exception {
        var values = new SplittableRandom(SEED);
        var drawn = new AtomicInteger();
        RandomGenerator late = () -> {
            // The plan of the second visit takes 2 s: this and all later ones start 1.6 to 2 s after they are due.
            LockSupport.parkNanos(drawn.incrementAndGet() == 4 ? 2_000_000_000 : 0);
            return values.nextLong();
        };

        new Generator(arrivals(late), new Requests(shop.address), results, 1_000).run(LENGTH);

        assertEquals(VISITS, sum().latencies.count());
        long p10 = sum().latencies.percentileNanos(0.1);
        assertTrue(p10 >= 1_600_000_000, "p10 " + p10);
        assertTrue(sum().delays.maxNanos() >= 1_600_000_000, "max delay " + sum().delays.maxNanos());
    }

    @Test
    void doesNotSendVisitsBeyondTheLimitAndCancelsThoseInFlightAtAStop() throws Exception {
        var generator = generator(3);
        shop.beforeResponse = new CountDownLatch(1)::await;
        var run = new FutureTask<>(() -> generator.run(LENGTH));
        Thread.startVirtualThread(run);
        while (sum().get(Outcome.NOT_SENT) < VISITS - 3) {
            Thread.sleep(10);
        }
        assertEquals(3, generator.inFlight());

        generator.stop();
        run.get();

        assertEquals(3, sum().get(Outcome.CANCELLED));
        assertEquals(0, sum().count(Outcome.NO_RESPONSE) + sum().count(Outcome.RESPONSES));
        assertEquals(VISITS - 3, sum().get(Outcome.NOT_SENT));
    }

    @Test
    void continuesAndCountsTheReasonWhenTheServiceIsGone() throws Exception {
        var generator = generator(1_000);
        shop.close();

        generator.run(LENGTH);

        assertEquals(VISITS, sum().get(Outcome.REFUSED));
    }

    @Test
    void pollsUntilTheServiceAcceptsAnOrder() throws Exception {
        shop.beforeResponse = () -> {
            if (shop.requests.size() == 1) {
                throw new InterruptedException();
            }
        };

        generator(10);

        assertEquals(2, shop.requests.size());
    }

    private Results sum() {
        return Results.sum(results.values());
    }

    /** A generator that has found the service. */
    private Generator generator(int maxInFlight) throws InterruptedException {
        var generator = new Generator(arrivals(new SplittableRandom(SEED)), new Requests(shop.address), results,
                maxInFlight);
        assertNull(generator.awaitService(WAIT));
        return generator;
    }

    private static Arrivals arrivals(RandomGenerator random) {
        return new Arrivals(200, MENU_ONLY, random);
    }
}
