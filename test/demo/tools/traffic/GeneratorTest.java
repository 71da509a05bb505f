package demo.tools.traffic;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import demo.tools.traffic.Mix.Kind;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class GeneratorTest {
    private static final long SEED = 42;
    private static final Duration LENGTH = Duration.ofMillis(400);
    private static final Duration WAIT = Duration.ofSeconds(30);
    private static final Mix MENU_ONLY = ArrivalsTest.mix("menu=1");
    private static final Mix ALL_KINDS = ArrivalsTest.mix("menu=2,order=3,lookup=1,bad=2");

    private final Map<Kind, Results> results = Results.byKind();

    @Test
    void startsVisitsWithoutWaitingForResponses() throws Exception {
        var expected = plan(200, MENU_ONLY);
        var allArrived = new CountDownLatch(expected.size());
        try (var shop = new FakeShop() {
            @Override
            void beforeResponse() throws InterruptedException {
                if (requests.size() > 2) { // the first two requests are awaitService's
                    allArrived.countDown();
                    allArrived.await(); // in a closed loop the second request would wait for the first response
                }
            }
        }) {
            run(shop.address(), 200, MENU_ONLY);
        }

        var sum = sum();
        assertEquals(expected.size(), sum.get(Outcome.STATUS_2XX));
        assertEquals(0, sum.get(Outcome.NOT_SENT));
        long firstToLast = expected.getLast().dueNanos() - expected.getFirst().dueNanos();
        assertTrue(sum.latencies.maxNanos() >= firstToLast, "max " + sum.latencies.maxNanos());
    }

    @Test
    void countsLatencyFromTheDueTimeWhenTheGeneratorItselfIsLate() throws Exception {
        var values = new SplittableRandom(SEED);
        var drawn = new AtomicInteger();
        RandomGenerator late = () -> {
            // The plan of the second visit takes 2 s: this visit and all later ones start 1.6 to 2 s after they are due.
            long end = System.nanoTime() + (drawn.incrementAndGet() == 4 ? 2_000_000_000L : 0);
            while (System.nanoTime() < end) {
                LockSupport.parkNanos(1_000_000);
            }
            return values.nextLong();
        };
        try (var shop = new FakeShop()) {
            var generator = new Generator(new Arrivals(100, MENU_ONLY, late), new Requests(shop.address()), results,
                    1_000);
            assertNull(generator.awaitService(WAIT));
            generator.run(LENGTH);
        }

        assertTrue(sum().latencies.count() > 20, "" + sum().latencies.count());
        long p10 = sum().latencies.percentileNanos(0.1);
        assertTrue(p10 >= 1_600_000_000, "p10 " + p10);
    }

    @Test
    void doesNotSendVisitsBeyondTheLimitAndCancelsThoseInFlightAtAStop() throws Exception {
        var expected = plan(200, MENU_ONLY);
        var never = new CountDownLatch(1);
        try (var shop = new FakeShop() {
            @Override
            void beforeResponse() throws InterruptedException {
                if (requests.size() > 2) {
                    never.await();
                }
            }
        }) {
            var generator = generator(shop.address(), 200, MENU_ONLY, 3);
            assertNull(generator.awaitService(WAIT));
            var run = new FutureTask<>(() -> generator.run(LENGTH));
            Thread.startVirtualThread(run);
            while (sum().get(Outcome.NOT_SENT) < expected.size() - 3) {
                Thread.sleep(10);
            }
            assertEquals(3, generator.inFlight());

            generator.stop();
            run.get();
        }

        assertEquals(3, sum().get(Outcome.CANCELLED));
        assertEquals(0, sum().count(Outcome.NO_RESPONSE) + sum().count(Outcome.RESPONSES));
        assertEquals(expected.size() - 3, sum().get(Outcome.NOT_SENT));
    }

    @Test
    void sendsTheSameRequestsForASeedAndCountsEachByKindAndStatus() throws Exception {
        var runs = new ArrayList<List<String>>();
        for (int i = 0; i < 2; i++) {
            try (var shop = new FakeShop()) {
                run(shop.address(), 150, ALL_KINDS);
                runs.add(shop.requests.stream().sorted().toList());
            }
        }

        assertEquals(runs.get(0), runs.get(1));
        for (var kind : Kind.values()) {
            long planned = plan(150, ALL_KINDS).stream().filter(visit -> visit.kind() == kind).count();
            assertTrue(planned > 0);
            var status = kind == Kind.BAD ? Outcome.STATUS_4XX : Outcome.STATUS_2XX;
            assertEquals(2 * planned, results.get(kind).get(status), kind.toString());
            assertEquals(2 * planned, results.get(kind).count(List.of(Outcome.values())), kind.toString());
            assertEquals(2 * planned, results.get(kind).latencies.count(), kind.toString());
        }
    }

    @Test
    void continuesAndCountsTheReasonWhenTheServiceIsGone() throws Exception {
        var shop = new FakeShop();
        var generator = generator(shop.address(), 200, MENU_ONLY, 1_000);
        assertNull(generator.awaitService(WAIT));
        shop.close();

        generator.run(LENGTH);

        assertEquals(plan(200, MENU_ONLY).size(), sum().get(Outcome.REFUSED));
        assertEquals(0, sum().get(Outcome.CANCELLED));
    }

    @Test
    void waitsForAServiceThatStartsLater() throws Exception {
        int port;
        try (var reserved = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
            port = reserved.getLocalPort();
        }
        var generator = generator(URI.create("http://127.0.0.1:" + port), 200, MENU_ONLY, 10);
        var missing = new FutureTask<>(() -> generator.awaitService(WAIT));
        Thread.startVirtualThread(missing);

        try (var _ = new FakeShop(port)) {
            assertNull(missing.get());
        }
    }

    private Results sum() {
        return Results.sum(results.values());
    }

    private void run(URI target, double perSecond, Mix mix) throws InterruptedException {
        var generator = generator(target, perSecond, mix, 1_000);
        assertNull(generator.awaitService(WAIT));
        generator.run(LENGTH);
    }

    private Generator generator(URI target, double perSecond, Mix mix, int maxInFlight) {
        return new Generator(new Arrivals(perSecond, mix, new SplittableRandom(SEED)), new Requests(target), results,
                maxInFlight);
    }

    /** The visits of the seed within the run. */
    private static List<Arrivals.Visit> plan(double perSecond, Mix mix) {
        var arrivals = new Arrivals(perSecond, mix, new SplittableRandom(SEED));
        var plan = new ArrayList<Arrivals.Visit>();
        for (var next = arrivals.next(); next.dueNanos() < LENGTH.toNanos(); next = arrivals.next()) {
            plan.add(next);
        }
        return plan;
    }
}
