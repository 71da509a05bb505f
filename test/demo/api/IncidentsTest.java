package demo.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpServer;
import demo.tools.incident.Incident;
import io.opentelemetry.proto.trace.v1.Span;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Each incident's fault and traffic on the real service: the telemetry has the symptoms that the page names. */
@ResourceLock(SharedService.LOCK)
@Order(1)
@Timeout(120)
class IncidentsTest {
    private static final String PLACED = "orders_total\\{outcome=\"placed\"}";

    @TempDir
    static Path folder;

    private static final Service service = SharedService.SERVICE;

    @AfterAll
    static void stop() throws Exception {
        // After a failed test an incident may still run.
        Incident.run(List.of("--solve"), Map.of(), folder.resolve("incident"), System.out, System.out);
    }

    // ---- symptoms --------------------------------------------------------------------------------------------------

    /** Compares routes, so that the speed of the machine matters little. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        // incident     | slow routes       | other routes    | beyond | in the trace of a slow order
        "monday-morning | /payments /orders | /menu           | 1.0    | authorize card",
        "rush-hour      | /orders           | /payments /menu | 0.075  | POST /orders after check stock",
        "not-us         | /orders           | /payments /menu | 0.5    | POST",
        "new-app        | /orders/{id}      | /payments /menu | 0.1    | POST /orders after POST"})
    void someRoutesAreSlowAndTheTracesShowWhere(String incident, String slow, String others, double seconds,
            String place) throws Exception {
        long startNanos = System.currentTimeMillis() * 1_000_000;

        var sample = during(incident, found -> Stream.of((slow + " " + others).split(" "))
                .allMatch(route -> found.count(route, "2..") >= 15));

        for (String route : slow.split(" ")) {
            for (String other : others.split(" ")) {
                double slowShare = sample.share(route, seconds);
                double otherShare = sample.share(other, seconds);
                assertTrue(slowShare < otherShare - 0.2, () -> "within " + seconds + " s: " + slowShare + " of " + route
                        + ", " + otherShare + " of " + other);
            }
        }
        var traces = SharedService.RECEIVER.all().stream().filter(span -> span.getStartTimeUnixNano() > startNanos)
                .collect(Collectors.groupingBy(Span::getTraceId)).values();
        var places = traces.stream().filter(trace -> trace.stream().anyMatch(span ->
                span.getName().equals("POST /orders") && nanos(span) > seconds * 1e9))
                .collect(Collectors.groupingBy(IncidentsTest::slowestPlace, Collectors.counting()));
        assertEquals(place, places.entrySet().stream().max(Map.Entry.comparingByValue()).orElseThrow().getKey(),
                places::toString);
    }

    /** Where a trace spent most time: in a span without children, or in a gap before, between or after children. */
    private static String slowestPlace(List<Span> trace) {
        var places = new HashMap<String, Long>();
        for (Span span : trace) {
            String place = span.getName();
            long since = span.getStartTimeUnixNano();
            for (Span child : trace.stream().filter(other -> other.getParentSpanId().equals(span.getSpanId()))
                    .sorted(Comparator.comparingLong(Span::getStartTimeUnixNano)).toList()) {
                places.merge(place, child.getStartTimeUnixNano() - since, Math::max);
                place = span.getName() + " after " + child.getName();
                since = child.getEndTimeUnixNano();
            }
            places.merge(place, span.getEndTimeUnixNano() - since, Math::max);
        }
        return places.entrySet().stream().max(Map.Entry.comparingByValue()).orElseThrow().getKey();
    }

    private static long nanos(Span span) {
        return span.getEndTimeUnixNano() - span.getStartTimeUnixNano();
    }

    @Test
    void theRegularHasErrorsOfOneRouteWhoseLinesNameTheSourceLine() throws Exception {
        var sample = during("the-regular", found -> found.count("/orders/{id}", "...") >= 60);

        double share = sample.count("/orders/{id}", "5..") / sample.count("/orders/{id}", "...");
        assertTrue(share > 0.2 && share < 0.6, () -> share + " of the lookups are 5xx");
        assertEquals(0, sample.count("/menu", "5.."));
        String error = service.lines("\"level\":\"ERROR\"").getLast().get("stack_trace").toString();
        assertTrue(error.matches("(?s).*has no receipt.*OrderHandler\\.find\\(OrderHandler\\.java:\\d+.*"), error);
    }

    @Test
    void chattyWritesTwoHundredWarningsPerMenu() throws Exception {
        var sample = during("chatty", found -> found.count("/menu", "2..") >= 30);

        double perMenu = sample.sum("log_lines_total\\{level=\"warn\"}") / sample.count("/menu", "2..");
        assertTrue(perMenu > 190 && perMenu < 220, () -> perMenu + " warnings per menu");
        assertEquals(0, sample.sum("log_lines_dropped_total.*"));
        var warning = service.lines("\"message\":\"cache miss\"").getLast();
        assertEquals(200, service.lines("\"message\":\"cache miss\".*" + warning.get("trace_id")).size());
    }

    @Test
    void slowDripKeepsMemoryForEachOrderUntilItEnds() throws Exception {
        double before = heapAfterCollection();
        during("slow-drip", found -> found.sum(PLACED) >= 40 && heapAfterCollection() - before > 35 * 250_000.0);

        double kept = heapAfterCollection() - before;
        assertTrue(kept < 15 * 250_000.0, () -> kept + " bytes are still in use");
    }

    // ---- the commands ----------------------------------------------------------------------------------------------

    @Test
    void answersAreColdWarmHotOrSolved() throws Exception {
        assertTrue(run(0, "chatty", "TRAFFIC_RATE=5").contains("incidents/chatty.md"));
        String file = "src/demo/api/MenuHandler.java";
        int cause = 1 + Files.readAllLines(Path.of(file)).stream().map(String::strip).toList()
                .indexOf("log.warn(\"menu\", \"cache miss\").with(\"attempt\", attempt).write();");

        assertTrue(run(0, "--hint").startsWith("Hint 1: "));
        assertTrue(run(0, "--hint").startsWith("Hint 2: "));
        assertEquals("Cold: the cause is in another file.\n", run(0, "--answer OrderHandler.java:" + cause));
        assertEquals("Warm: the right file, another method.\n", run(0, "--answer " + file + ":1"));
        assertEquals("Hot: the right method, another line.\n", run(0, "--answer ./" + file + ":" + (cause - 3)));
        String solved = run(0, "--answer MenuHandler.java:" + cause);

        assertTrue(solved.contains("Solved. The incident was chatty. Minutes: 0, hints: 2, answers: 4."), solved);
        assertTrue(solved.contains("The whole story\n"), solved);
        assertNoFaultIsOn();
        assertTrue(run(1, "--hint").startsWith("incident: no incident is running"));
    }

    @Test
    void randomDoesNotNameTheIncident() throws Exception {
        String output = run(0, "--random", "TRAFFIC_RATE=5", "POCKET_PORT=24099");
        assertTrue(output.contains("http://localhost:24099,"), output);
        assertTrue(run(1, "--random").startsWith("incident: an incident is running"));
        var pid = Pattern.compile("pid=(\\d+)").matcher(Files.readString(folder.resolve("incident/running")));
        assertTrue(pid.find());
        var traffic = ProcessHandle.of(Long.parseLong(pid.group(1))).orElseThrow();

        String story = run(0, "--solve");

        assertTrue(story.contains("It is over. The incident was "), story);
        String name = story.replaceAll("(?s).*The incident was ([a-z-]+)\\..*", "$1");
        assertFalse(output.contains(name), name + " in " + output);
        traffic.onExit().orTimeout(20, TimeUnit.SECONDS).join();
        assertNoFaultIsOn();
    }

    @Test
    void listsTheIncidentsWithoutTheirFaults() throws Exception {
        String list = run(0, "");

        assertTrue(list.contains("just incident monday-morning\n"), list);
        for (var fault : Faults.Fault.values()) {
            assertFalse(list.contains(fault.id()), list);
        }
    }

    @Test
    void reportsInOneLineWhatCannotBeStarted() throws Exception {
        assertTrue(run(2, "chatty --now").startsWith("incident: unexpected 'chatty --now'; names: chatty, "));
        assertTrue(run(2, "--answer x:y").startsWith("incident: unexpected '--answer x:y'; names: chatty, "));
        var start = "; start the service with `FAULTS=on java Main.java` or `FAULTS=on just up`, or set HTTP_PORT or"
                + " TRAFFIC_TARGET\n";
        assertEquals("incident: expected 200 from POST http://127.0.0.1:1/faults, got no response" + start,
                run(1, "chatty", "TRAFFIC_TARGET=", "HTTP_PORT=1"));
        var withoutFaults = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        withoutFaults.start(); // responds with 404
        String target = "http://127.0.0.1:" + withoutFaults.getAddress().getPort();
        assertEquals("incident: expected 200 from POST " + target + "/faults, got 404" + start,
                run(1, "chatty", "TRAFFIC_TARGET=" + target));
        withoutFaults.stop(0);
        String output = run(1, "chatty", "TRAFFIC_RATE=plenty");
        assertTrue(output.startsWith("incident: the traffic ended, the fault is off again: TRAFFIC_RATE "), output);
        assertNoFaultIsOn();
    }

    private static void assertNoFaultIsOn() throws Exception {
        assertFalse(service.get("/faults").body().contains("true"));
    }

    /** Returns stdout and stderr of the command. */
    private static String run(int code, String command, String... environment) throws Exception {
        var all = new HashMap<>(Map.of("TRAFFIC_TARGET", "http://127.0.0.1:" + service.port()));
        for (String setting : environment) {
            all.put(setting.split("=")[0], setting.substring(setting.indexOf('=') + 1));
        }
        var output = new ByteArrayOutputStream();
        var stream = new PrintStream(output, true, StandardCharsets.UTF_8);
        int actual = Incident.run(List.of(command.split(" ")), all, folder.resolve("incident"), stream, stream);
        assertEquals(code, actual, output::toString);
        return output.toString(StandardCharsets.UTF_8);
    }

    // ---- measurements ----------------------------------------------------------------------------------------------

    private interface Check {
        boolean isEnough(Sample sample) throws Exception;
    }

    /** The service's counts from the start of the incident until {@code check} is true. */
    private static Sample during(String incident, Check check) throws Exception {
        String before = service.openMetrics();
        run(0, incident);
        try {
            Sample sample;
            do {
                Thread.sleep(100);
                sample = new Sample(before, service.openMetrics());
            } while (!check.isEnough(sample));
            return sample;
        } finally {
            run(0, "--solve");
            while (service.count("http_server_active_requests") > 0) { // of the traffic that has ended
                Thread.sleep(10);
            }
        }
    }

    /** The difference of two scrapes. */
    private record Sample(String before, String after) {
        double sum(String series) {
            return Service.sum(after, series) - Service.sum(before, series);
        }

        double count(String route, String status) {
            return requests("count", status, route, "");
        }

        /** The share of the route's 2xx responses that took at most {@code seconds}. */
        double share(String route, double seconds) {
            return requests("bucket", "2..", route, ",le=\"" + seconds + "\"") / count(route, "2..");
        }

        private double requests(String kind, String status, String route, String bucket) {
            return sum("http_server_request_duration_seconds_" + kind + "\\{.*status_code=\"" + status
                    + "\",http_route=\"" + Pattern.quote(route) + "\"" + bucket + "}");
        }
    }

    /** Bytes of the old generation after a full collection. */
    private static double heapAfterCollection() throws Exception {
        service.collectGarbage();
        return Service.sum(service.openMetrics(), "jvm_memory_pool_collection_used_bytes\\{pool=\"Tenured Gen\"}");
    }
}
