package demo.tools.traffic;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class GeneratorTest {
    private static final long SEED = 42;
    private static final Duration LENGTH = Duration.ofMillis(400);
    private static final Duration DRAIN = Duration.ofSeconds(10);
    private static final Mix MENU_ONLY = Mix.parse("menu=1");

    private final Tallies tallies = new Tallies();

    @Test
    void arrivalsDoNotWaitForAnswersAndLatencyIncludesTheWait() throws IOException {
        var expected = plan(200, MENU_ONLY);
        var allArrived = new CountDownLatch(expected.size());
        try (var shop = new StandIn() {
            @Override
            void beforeAnswer(String request) throws IOException {
                if (asked.size() > 1) { // the first one is the generator's own look at the menu
                    allArrived.countDown();
                    await(allArrived); // nobody is answered before everybody came: a closed loop would wait for ever
                }
            }
        }) {
            run(shop.address(), 200, MENU_ONLY, 1_000);
        }

        var menu = tallies.of(Kind.MENU);
        assertEquals(expected.size(), menu.answers(2));
        assertEquals(0, menu.notSentCount());
        // The first one waited for the last one to come, the median for about half of them.
        long whole = expected.getLast().atNanos() - expected.getFirst().atNanos();
        assertTrue(menu.latencies().maxNanos() >= whole, "max " + menu.latencies().maxNanos());
        long middle = expected.getLast().atNanos() - expected.get(expected.size() / 2).atNanos();
        assertTrue(menu.latencies().percentileNanos(0.5) >= middle * 0.99, "p50 " + menu.latencies().percentileNanos(0.5));
    }

    @Test
    void countsWhatWouldBeTooManyUnderWayAsNotSent() throws IOException {
        var expected = plan(200, MENU_ONLY);
        var never = new CountDownLatch(1);
        try (var shop = new StandIn() {
            @Override
            void beforeAnswer(String request) throws IOException {
                if (asked.size() > 1) {
                    await(never);
                }
            }
        }) {
            run(shop.address(), 200, MENU_ONLY, 3, Duration.ofMillis(100));
        }

        var menu = tallies.of(Kind.MENU);
        assertEquals(3, menu.sent());
        assertEquals(3, menu.failures(Failure.UNFINISHED));
        assertEquals(expected.size() - 3, menu.notSentCount());
    }

    @Test
    void asksForWhatTheSeedSaysHoweverOftenItIsRun() throws IOException {
        var mix = Mix.parse("menu=2,order=3,lookup=1,bad=2");
        var runs = new ArrayList<List<String>>();
        for (int i = 0; i < 2; i++) {
            try (var shop = new StandIn()) {
                run(shop.address(), 150, mix, 1_000);
                runs.add(shop.asked.stream().sorted().toList());
                assertEquals(Set.of("demo-traffic"), new HashSet<>(shop.agents));
            }
        }

        assertEquals(runs.get(0), runs.get(1));
        assertEquals(plan(150, mix).size(), runs.get(0).size() - 2, "and one look at the menu, one order, before it starts");
    }

    @Test
    void countsEachVisitOnceByItsKindAndStatus() throws IOException {
        var mix = Mix.parse("menu=2,order=3,lookup=1,bad=2");
        try (var shop = new StandIn()) {
            run(shop.address(), 300, mix, 1_000);
        }

        for (var kind : Kind.values()) {
            long planned = plan(300, mix).stream().filter(arrival -> arrival.kind() == kind).count();
            assertTrue(planned > 0);
            assertEquals(planned, tallies.of(kind).answers(kind == Kind.BAD ? 4 : 2), kind.toString());
            assertEquals(planned, tallies.of(kind).sent(), kind.toString());
            assertEquals(planned, tallies.of(kind).latencies().count(), kind.toString());
        }
        assertEquals(plan(300, mix).size(), tallies.lateness().count());
    }

    @Test
    void goesOnWhenTheServiceGoesAwayAndCountsWhy() throws IOException {
        var shop = new StandIn();
        try (var connections = new Connections(shop.address(), DRAIN)) {
            var generator = generator(shop.address(), connections, 200, MENU_ONLY, 1_000);
            assertTrue(generator.awaitService(false, missing -> { }));
            shop.close();

            generator.run(LENGTH, DRAIN);
        }

        int planned = plan(200, MENU_ONLY).size();
        assertEquals(planned, tallies.of(Kind.MENU).failures(Failure.REFUSED));
        assertEquals(planned, tallies.all().sent());
    }

    @Test
    void waitsForAServiceThatStartsLater() throws Exception {
        int port = freePort();
        var target = URI.create("http://127.0.0.1:" + port);
        try (var connections = new Connections(target, DRAIN)) {
            var generator = generator(target, connections, 200, MENU_ONLY, 10);
            var there = CompletableFuture.supplyAsync(() -> generator.awaitService(true, missing -> { }));

            try (var shop = new StandIn(port)) {
                assertTrue(there.join());
                assertEquals("GET /menu", shop.asked.getFirst());
            }
        }
    }

    @Test
    void stopsWaitingWhenToldTo() throws IOException {
        var target = URI.create("http://127.0.0.1:" + freePort());
        try (var connections = new Connections(target, DRAIN)) {
            var generator = generator(target, connections, 200, MENU_ONLY, 10);
            var there = CompletableFuture.supplyAsync(() -> generator.awaitService(true, missing -> { }));

            generator.stop();

            assertFalse(there.join());
        }
    }

    private static int freePort() throws IOException {
        try (var reserved = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
            return reserved.getLocalPort();
        }
    }

    private void run(URI target, double perSecond, Mix mix, int mostInFlight) {
        run(target, perSecond, mix, mostInFlight, DRAIN);
    }

    private void run(URI target, double perSecond, Mix mix, int mostInFlight, Duration drain) {
        try (var connections = new Connections(target, DRAIN)) {
            var generator = generator(target, connections, perSecond, mix, mostInFlight);
            assertTrue(generator.awaitService(mix.share(Kind.LOOKUP) > 0, missing -> { }));
            generator.run(LENGTH, drain);
            
        }
    }

    private Generator generator(URI target, Connections connections, double perSecond, Mix mix, int mostInFlight) {
        return new Generator(new Arrivals(perSecond, mix, new SplittableRandom(SEED)), new Shop(target), connections,
                tallies, mostInFlight);
    }

    /** The visits that the seed makes within the run. */
    private static List<Arrival> plan(double perSecond, Mix mix) {
        var arrivals = new Arrivals(perSecond, mix, new SplittableRandom(SEED));
        var plan = new ArrayList<Arrival>();
        for (var next = arrivals.next(); next.atNanos() < LENGTH.toNanos(); next = arrivals.next()) {
            plan.add(next);
        }
        return plan;
    }

    private static void await(CountDownLatch latch) throws IOException {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IOException(e);
        }
    }
}
