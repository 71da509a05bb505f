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
 * Clients who mean no good, and others who want the menu meanwhile: all of these are answered, 99 of 100 within 100 ms,
 * and the service is rid of the former once its time limit has passed.
 */
final class ClientsDrill implements Drill {
    private static final double MAX_P99_MILLIS = 100;
    private static final int CUSTOMERS = 4;
    private static final Duration PAUSE = Duration.ofMillis(5);
    /** Short, so that the service gets to send some away. */
    private static final String TIMEOUT = "5s";
    private static final Duration WARM_UP = Duration.ofSeconds(3);

    private final Hostility hostility;
    private final Duration duration;

    ClientsDrill(Hostility hostility, Duration duration) {
        this.hostility = hostility;
        this.duration = duration;
    }

    @Override
    public String run(Path folder, long seed) throws Exception {
        try (Service service = Service.start(folder, Map.of("HTTP_TIMEOUT", TIMEOUT, "HTTP_MAX_CONNECTIONS", "20000"))) {
            Customers.Served calmly = serve(service, WARM_UP);
            assumeTrue(calmly.millis(0.99) < MAX_P99_MILLIS / 2, () -> "this machine is too busy: p99 %.1f ms before anybody came"
                    .formatted(calmly.millis(0.99)));
            Customers.Served served;
            String hostile;
            try (Hostility.Crowd crowd = hostility.towards(service.port())) {
                crowd.awaitPresent();
                served = serve(service, duration);
                hostile = crowd.found();
            }
            Wait.until("the last of them to be let go", service, () -> service.count("http_server_active_requests") <= 1);

            String found = "%s; %d others, all answered, p99 %.1f ms (before: %.1f)".formatted(hostile,
                    served.answered(), served.millis(0.99), calmly.millis(0.99));
            assertEquals(List.of(), served.failures(), found);
            assertTrue(served.millis(0.99) < MAX_P99_MILLIS, found);
            assertEquals(0, service.lines().stream().filter(line -> "ERROR".equals(line.get("level"))).count());
            return found;
        }
    }

    private static Customers.Served serve(Service service, Duration duration) throws InterruptedException {
        try (var customers = new Customers(service.port(), CUSTOMERS, PAUSE)) {
            Thread.sleep(duration);
            return customers.leave();
        }
    }
}
