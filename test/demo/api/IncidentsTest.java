package demo.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpServer;
import demo.tools.incident.Incident;
import io.opentelemetry.proto.trace.v1.Span;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.ResourceLock;

/** Each incident's fault and traffic on the real service: the telemetry has the symptoms that the page names. */
@ResourceLock(SharedService.LOCK)
@Order(1)
class IncidentsTest {
    private static final String ERROR = "\"level\":\"ERROR\".*\"route\":\"/orders/\\{id}\"";
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

    @Test
    void mondayMorningIsSlowForPaymentsOnly() throws Exception {
        during("monday-morning", 60, sample -> sample.count("/payments") >= 30).assertSlower("/payments", "/menu", 1);
    }

    @Test
    void theRegularHasErrorsOfOneRouteWhoseLinesNameTheSourceLine() throws Exception {
        int linesBefore = service.lines(ERROR).size();
        var during = during("the-regular", 80, sample -> sample.count("/orders/{id}") >= 100);

        double share = during.status5xx("/orders/{id}") / during.count("/orders/{id}");
        assertTrue(share > 0.2 && share < 0.6, () -> share + " of the lookups are 5xx");
        assertEquals(0, during.status5xx("/menu"));
        var error = service.lines(ERROR).get(linesBefore);
        String stackTrace = error.get("stack_trace").toString();
        assertTrue(stackTrace.contains("has no receipt"), stackTrace);
        assertTrue(stackTrace.contains("OrderHandler.find(OrderHandler.java:"), stackTrace);
        assertEquals(32, error.get("trace_id").toString().length());
    }

    @Test
    void rushHourIsSlowForOrdersButNotForTheirPayments() throws Exception {
        var during = during("rush-hour", 40, sample -> sample.count("/orders") >= 50);

        assertEquals(0, during.share("/orders", 0.075), "no order takes less than the 80 ms of the lock");
        during.assertSlower("/orders", "/payments", 0.25);
    }

    @Test
    void chattyWritesTwoHundredWarningsPerMenu() throws Exception {
        var during = during("chatty", 60, sample -> sample.count("/menu") >= 30);

        double perMenu = during.sum("log_lines_total\\{level=\"warn\"}") / during.count("/menu");
        assertTrue(perMenu > 190 && perMenu < 220, () -> perMenu + " warnings per menu");
        assertEquals(0, during.sum("log_lines_dropped_total.*"));
    }

    @Test
    void slowDripKeepsMemoryForEachOrderUntilItEnds() throws Exception {
        var full = new AtomicReference<Double>();
        during("slow-drip", 100, sample -> {
            boolean enough = sample.sum(PLACED) >= 120;
            if (enough) {
                full.set(heapAfterCollection());
            }
            return enough;
        });
        double after = heapAfterCollection();

        assertTrue(full.get() - after > 100 * 250_000.0, () -> full + " bytes, after the end " + after);
    }

    @Test
    void notUsHidesTimeoutsThatOnlyTheTracesShow() throws Exception {
        int spansBefore = SharedService.RECEIVER.all().size();
        var during = during("not-us", 30, sample -> sample.sum(PLACED) >= 25);

        assertEquals(0, during.status5xx("/orders"));
        during.assertSlower("/orders", "/payments", 0.5);
        var spans = SharedService.RECEIVER.all().stream().skip(spansBefore).toList();
        var timeouts = spans.stream().filter(span -> span.getKind() == Span.SpanKind.SPAN_KIND_CLIENT
                && span.getEndTimeUnixNano() - span.getStartTimeUnixNano() >= 600_000_000L
                && spans.stream().noneMatch(child -> child.getParentSpanId().equals(span.getSpanId()))).toList();
        assertTrue(timeouts.size() > 10, "client spans of 600 ms without a child: " + timeouts.size());
        assertTrue(timeouts.stream().anyMatch(one -> timeouts.stream().anyMatch(other ->
                other != one && other.getParentSpanId().equals(one.getParentSpanId()))), "two of them in one order");
    }

    @Test
    void newAppSlowsOrdersDownByTheTrafficOfAnotherRoute() throws Exception {
        var during = during("new-app", 40, sample -> sample.sum(PLACED) >= 8 && sample.count("/orders/{id}") >= 50);

        assertEquals(0, during.share("/orders/{id}", 0.1), "each lookup takes 150 ms or more");
        during.assertSlower("/orders", "/payments", 0.25);
        during.assertSlower("/orders", "/menu", 0.25);
    }

    // ---- the commands ----------------------------------------------------------------------------------------------

    @Test
    void answersAreColdWarmHotOrSolved() throws Exception {
        start("chatty", "5");
        String file = "src/demo/api/MenuHandler.java";
        int cause = 1 + Files.readAllLines(Path.of(file)).stream().map(String::strip).toList()
                .indexOf("log.warn(\"menu\", \"cache miss\").with(\"attempt\", attempt).write();");

        assertTrue(run(0, "--hint").startsWith("Hint 1: "));
        assertTrue(run(0, "--hint").startsWith("Hint 2: "));
        assertEquals("Cold: the cause is in another file.\n", run(0, "--answer", "OrderHandler.java:" + cause));
        assertEquals("Warm: the right file, another method.\n", run(0, "--answer", file + ":1"));
        assertEquals("Hot: the right method, another line.\n", run(0, "--answer", "./" + file + ":" + (cause - 3)));
        String solved = run(0, "--answer", "MenuHandler.java:" + cause);

        assertTrue(solved.contains("Solved. The incident was chatty. Minutes: 0, hints: 2, answers: 4."), solved);
        assertTrue(solved.contains("The whole story\n"), solved);
        assertFalse(service.get("/faults").body().contains("true"));
        assertTrue(run(1, "--answer", "MenuHandler.java:" + cause).startsWith("incident: no incident is running"));
    }

    @Test
    void randomRepeatsForASeedAndDoesNotNameTheIncident() throws Exception {
        var outputs = new String[2];
        for (int i = 0; i < 2; i++) {
            String output = run(0, Map.of("TRAFFIC_RATE", "5", "POCKET_PORT", "24099"), "--random", "--seed", "5");
            assertTrue(output.contains("http://localhost:24099,"), output);
            assertTrue(run(1, "--random").startsWith("incident: an incident is running"));
            String name = end().replaceAll("(?s).*The incident was ([a-z-]+)\\..*", "$1");
            assertFalse(output.contains(name), name + " in " + output);
            outputs[i] = output;
        }
        assertEquals(outputs[0], outputs[1]);
    }

    @Test
    void listsTheIncidentsWithoutTheirFaults() throws Exception {
        String list = run(0);

        assertTrue(list.contains("just incident monday-morning\n"), list);
        for (var fault : Faults.Fault.values()) {
            assertFalse(list.contains(fault.id()), list);
        }
    }

    @Test
    void reportsInOneLineWhatCannotBeStarted() throws Exception {
        assertTrue(run(2, "chatty", "--now").startsWith("incident: unexpected 'chatty --now'; names: chatty, "));
        assertEquals("incident: --answer must be FILE:LINE, was 'x:y'\n", run(2, "--answer", "x:y"));
        assertEquals("incident: --answer must be FILE:LINE, was ''\n", run(2, "--answer"));
        assertEquals("incident: expected --random --seed N, N a whole number, was '--seed x'\n",
                run(2, "--seed", "x"));
        assertEquals("incident: no service at http://127.0.0.1:1; start it with `FAULTS=on java Main.java` or"
                + " `FAULTS=on just up`, or set HTTP_PORT or TRAFFIC_TARGET\n",
                run(1, Map.of("TRAFFIC_TARGET", "", "HTTP_PORT", "1"), "chatty"));
        var withoutFaults = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        withoutFaults.start(); // responds with 404
        String target = "http://127.0.0.1:" + withoutFaults.getAddress().getPort();
        assertEquals("incident: the service at " + target + " has no faults; start it with"
                + " `FAULTS=on java Main.java` or `FAULTS=on just up`\n",
                run(1, Map.of("TRAFFIC_TARGET", target), "chatty"));
        withoutFaults.stop(0);
        String output = run(1, Map.of("TRAFFIC_RATE", "plenty"), "chatty");
        assertTrue(output.startsWith("incident: the traffic ended, the fault is off again: TRAFFIC_RATE "), output);
        assertFalse(service.get("/faults").body().contains("true"));
        assertTrue(run(1, "--solve").startsWith("incident: no incident is running"));
    }

    // ---- one incident, from its start to its end -------------------------------------------------------------------

    private interface Check {
        boolean isEnough(Sample sample) throws Exception;
    }

    /**
     * The service's counts from the start until {@code check} is true. The traffic has the page's mix, but comes from
     * this JVM: a process for each incident needs more CPU time than its requests.
     */
    private static Sample during(String name, int perSecond, Check check) throws Exception {
        var page = Pattern.compile("fault: (\\S+); rate: \\S+; mix: menu=(\\d+),order=(\\d+),lookup=(\\d+);")
                .matcher(Files.readString(Path.of("incidents", name + ".md")));
        assertTrue(page.find());
        int menu = Integer.parseInt(page.group(2));
        int menuOrOrder = menu + Integer.parseInt(page.group(3));
        String order = service.placeOrder().headers().firstValue("Location").orElseThrow();
        var random = new SplittableRandom(1);
        var before = scrape();
        long deadline = System.nanoTime() + 60_000_000_000L;
        service.setFault(page.group(1), true);
        try (var visits = Executors.newVirtualThreadPerTaskExecutor();
                AutoCloseable _ = () -> service.setFault(page.group(1), false)) {
            Sample sample;
            do {
                assertTrue(System.nanoTime() < deadline, "too few requests within 60 s");
                for (int i = 0; i < perSecond / 5; i++) {
                    int kind = random.nextInt(100);
                    visits.submit(() -> kind < menu ? service.get("/menu")
                            : kind < menuOrOrder ? service.post("/orders", "{\"item\": \"tea\", \"quantity\": 1}")
                            : service.get(order));
                    LockSupport.parkNanos(1_000_000_000 / perSecond);
                }
                sample = new Sample(before, scrape());
            } while (!check.isEnough(sample));
            return sample;
        }
    }

    private static void start(String name, String perSecond) throws Exception {
        String output = run(0, Map.of("TRAFFIC_RATE", perSecond), name);
        assertTrue(output.contains("incidents/" + name + ".md"), output);
    }

    private static String end() throws Exception {
        var pid = Pattern.compile("pid=(\\d+)").matcher(Files.readString(folder.resolve("incident/running")));
        assertTrue(pid.find());
        var traffic = ProcessHandle.of(Long.parseLong(pid.group(1)));
        String story = run(0, "--solve");
        assertTrue(story.contains(".java`](") && story.contains("It is over. The incident was "), story);
        assertFalse(service.get("/faults").body().contains("true"));
        traffic.ifPresent(process -> process.onExit().orTimeout(20, TimeUnit.SECONDS).join());
        return story;
    }

    private static String run(int code, String... arguments) throws Exception {
        return run(code, Map.of(), arguments);
    }

    /** Stdout and stderr of the command. */
    private static String run(int code, Map<String, String> environment, String... arguments) throws Exception {
        var all = new HashMap<>(Map.of("TRAFFIC_TARGET", "http://127.0.0.1:" + service.port()));
        all.putAll(environment);
        var bytes = new ByteArrayOutputStream();
        var output = new PrintStream(bytes, true, StandardCharsets.UTF_8);
        int actual = Incident.run(List.of(arguments), all, folder.resolve("incident"), output, output);
        String text = bytes.toString(StandardCharsets.UTF_8);
        assertEquals(code, actual, text);
        return text;
    }

    // ---- measurements ----------------------------------------------------------------------------------------------

    /** Bytes of the old generation after a full collection, which jcmd starts. */
    private static double heapAfterCollection() throws Exception {
        var jcmd = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "jcmd").toString(),
                "-J-XX:TieredStopAtLevel=1", Long.toString(service.process().pid()), "GC.run").redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD).start();
        assertTrue(jcmd.waitFor(60, TimeUnit.SECONDS));
        return scrape().get("jvm_memory_pool_collection_used_bytes{pool=\"Tenured Gen\"}");
    }

    private static Map<String, Double> scrape() throws IOException, InterruptedException {
        var values = new LinkedHashMap<String, Double>();
        service.get("/metrics").body().lines().filter(line -> !line.startsWith("#")).forEach(line -> {
            int space = line.lastIndexOf(' ');
            values.put(line.substring(0, space), Double.parseDouble(line.substring(space + 1)));
        });
        return values;
    }

    /** The difference of two scrapes. */
    private record Sample(Map<String, Double> before, Map<String, Double> after) {
        double count(String route) {
            return sum("http_server_request_duration_seconds_count\\{.*http_route=\"" + Pattern.quote(route) + "\".*");
        }

        double status5xx(String route) {
            return sum("http_server_request_duration_seconds_count\\{.*status_code=\"5..\",http_route=\""
                    + Pattern.quote(route) + "\".*");
        }

        /** The share of the route's 2xx responses that took at most {@code seconds}. */
        double share(String route, double seconds) {
            String series = "\\{.*status_code=\"2..\",http_route=\"" + Pattern.quote(route) + "\"";
            return sum("http_server_request_duration_seconds_bucket" + series + ",le=\"" + seconds + "\".*")
                    / sum("http_server_request_duration_seconds_count" + series + ".*");
        }

        /** Compares two routes, so that the speed of the machine does not matter. */
        void assertSlower(String slow, String fast, double seconds) {
            assertTrue(share(slow, seconds) < share(fast, seconds) - 0.2, () -> slow + " is slower than " + fast
                    + ": within " + seconds + " s " + share(slow, seconds) + " and " + share(fast, seconds));
        }

        double sum(String series) {
            var wanted = Pattern.compile(series);
            return after.entrySet().stream().filter(value -> wanted.matcher(value.getKey()).matches())
                    .mapToDouble(value -> value.getValue() - before.getOrDefault(value.getKey(), 0.0)).sum();
        }
    }
}
