package demo.drills;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import demo.api.Service;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * Hostile and well-behaved clients at the same time. Every well-behaved request succeeds, 99 of 100 within 100 ms. The
 * service closes the hostile connections when HTTP_TIMEOUT has passed.
 */
record ClientsDrill(HostileClients hostile, Duration duration) implements Drill {
    private static final double MAX_P99_MILLIS = 100;
    private static final Duration WARM_UP = Duration.ofSeconds(3);

    @Override
    public String run(Path folder, long seed) throws Exception {
        try (var service = Service.start(folder, Map.of("HTTP_TIMEOUT", "5s", "HTTP_MAX_CONNECTIONS", "20000"))) {
            Clients.Summary before = serve(service, WARM_UP);
            assumeTrue(before.millis(0.99) < MAX_P99_MILLIS / 2, () ->
                    "the machine is too busy: p99 %.1f ms before the drill".formatted(before.millis(0.99)));
            Clients.Summary during;
            String summary;
            try (var crowd = new HostileClients.Crowd(hostile, service.port())) {
                during = serve(service, duration);
                summary = crowd.summary();
            }
            Wait.until("the end of the hostile requests", service,
                    () -> service.count("http_server_active_requests") <= 1);

            String found = "%s; %d other requests, all successful, p99 %.1f ms (before: %.1f)".formatted(summary,
                    during.responses(), during.millis(0.99), before.millis(0.99));
            assertEquals(List.of(), during.failures(), found);
            assertTrue(during.millis(0.99) < MAX_P99_MILLIS, found);
            assertEquals(0, service.lines().stream().filter(line -> "ERROR".equals(line.get("level"))).count());
            return found;
        }
    }

    private static Clients.Summary serve(Service service, Duration duration) throws InterruptedException {
        try (var clients = new Clients(service.port(), 4, Duration.ofMillis(5))) {
            Thread.sleep(duration);
            return clients.stop();
        }
    }
}
