package demo.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.DoubleSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Each incident, started and solved by its script against the real service: what its page tells to find is there. */
class IncidentsTest {
    private static final List<String> NAMES = List.of("monday-morning", "the-regular", "rush-hour", "chatty", "slow-drip");

    @TempDir
    static Path folder;

    static Service service;

    @BeforeAll
    static void start() throws Exception {
        service = Service.start(folder, Map.of("FAULTS", "on", "SEED", "11", "LOG_ROTATION_SIZE", "1GB"));
    }

    @AfterAll
    static void stop() {
        service.close();
    }

    @Test
    void mondayMorningIsSlowWherePaymentsAreMade() throws Exception {
        var during = during("monday-morning", 60, sample -> sample.count("/payments") >= 60);

        assertTrue(during.share("/payments", 1) < 0.7, () -> "most of /payments take over 1 s: " + during);
        assertTrue(during.share("/menu", 0.25) > 0.95, () -> "/menu stays fast: " + during);
    }

    @Test
    void theRegularMeetsErrorsOfOneRouteWhoseLinesNameTheLine() throws Exception {
        var during = during("the-regular", 80, sample -> sample.count("/orders/{id}") >= 150);

        double failed = during.failed("/orders/{id}") / during.count("/orders/{id}");
        assertTrue(failed > 0.2 && failed < 0.6, () -> failed + " of the look-ups fail: " + during);
        assertEquals(0, during.failed("/menu") + during.failed("/orders"));
        // The incidents share one log, and slow payments leave a 503 now and then: the errors of this route are meant.
        var error = service.lines().stream().filter(line -> "ERROR".equals(line.get("level"))
                && "/orders/{id}".equals(line.get("route"))).findFirst().orElseThrow();
        assertTrue(error.get("stack_trace").toString().contains("has no receipt"), error.toString());
        assertTrue(error.get("stack_trace").toString().contains("OrderHandler.find(OrderHandler.java:"), error.toString());
        assertTrue(error.get("trace_id").toString().length() == 32, error.toString());
    }

    @Test
    void rushHourIsSlowForOrdersAndNotForTheirPayments() throws Exception {
        var during = during("rush-hour", 40, sample -> sample.count("/orders") >= 60);

        assertTrue(during.share("/orders", 0.075) == 0, () -> "no order takes less than its 80 ms: " + during);
        assertTrue(during.share("/orders", 0.25) < 0.7, () -> "orders queue: " + during);
        assertTrue(during.share("/payments", 0.1) > 0.8, () -> "/payments stay fast: " + during);
    }

    @Test
    void chattyWritesTwoHundredWarningsForEachLookAtTheMenu() throws Exception {
        var during = during("chatty", 40, sample -> sample.count("/menu") >= 100);

        double perMenu = during.sum("log_lines_total\\{level=\"warn\"}") / during.count("/menu");
        assertTrue(perMenu > 190 && perMenu < 215, () -> perMenu + " warnings a look: " + during);
        assertEquals(0, during.sum("log_lines_dropped_total.*"));
    }

    @Test
    void slowDripRaisesWhatTheHeapHoldsAfterACollection() throws Exception {
        double before = heapAfterCollection();

        double orders = during("slow-drip", 100, sample -> sample.sum("orders_total\\{outcome=\"placed\"}") >= 100,
                () -> heapAfterCollection() - before).gained();
        double after = heapAfterCollection();

        assertTrue(orders > 100 * 250_000.0, () -> "100 orders kept " + orders + " bytes");
        assertTrue(after - before < orders / 4, () -> "solved, and " + (after - before) + " bytes are still kept");
    }

    @Test
    void aBareCallListsThemWithoutSayingWhatIsBroken() throws Exception {
        String list = script(0);

        for (String name : NAMES) {
            assertTrue(list.contains("just incident " + name), list);
        }
        assertNoSpoiler(list);
    }

    @Test
    void whatCannotBeStartedIsSaidInOneLine() throws Exception {
        assertTrue(script(2, "nonsense").startsWith("incident: expected one of monday-morning "));
        assertTrue(script(2, "chatty", "--now").startsWith("incident: expected NAME or NAME --solve, got 'chatty --now'"));
        Path calm = Files.createDirectory(folder.resolve("calm"));
        try (var without = Service.start(calm, Map.of())) {
            String said = script(1, Map.of("TRAFFIC_TARGET", "http://127.0.0.1:" + without.port()), "chatty");

            assertTrue(said.contains("start it with FAULTS=on") && said.lines().count() == 1, said);
        }
    }

    @Test
    void withoutTrafficNothingIsBroken() throws Exception {
        String said = script(1, Map.of("TRAFFIC_RATE", "plenty"), "chatty");

        assertTrue(said.startsWith("incident: its traffic ended, so the fault is off again: TRAFFIC_RATE "), said);
        assertFalse(service.get("/faults").body().contains("true"));
        assertFalse(Files.exists(folder.resolve("incident/chatty.pid")));
    }

    @Test
    void itsTrafficEndsThoughTheServiceIsGone() throws Exception {
        script(0, Map.of("TRAFFIC_RATE", "1"), "chatty");
        long pid = Long.parseLong(Files.readString(folder.resolve("incident/chatty.pid")).strip());

        String said = script(1, Map.of("TRAFFIC_TARGET", "http://127.0.0.1:1"), "chatty", "--solve");

        assertTrue(said.startsWith("incident: no service at http://127.0.0.1:1"), said);
        ProcessHandle.of(pid).ifPresent(traffic -> traffic.onExit().orTimeout(10, TimeUnit.SECONDS).join());
        script(0, "chatty", "--solve");
    }

    @ParameterizedTest
    @ValueSource(strings = {"monday-morning", "the-regular", "rush-hour", "chatty", "slow-drip"})
    void eachPageUnfoldsItsHintsOneByOneAndEndsAtALineOfTheCode(String name) throws Exception {
        String page = Files.readString(Path.of("incidents", name + ".md"));

        assertTrue(Pattern.compile("<details><summary>Hint \\d").matcher(page).results().count() >= 3, name);
        assertTrue(page.contains("**Pocket**") && page.contains("**Grafana**"), name);
        assertNoSpoiler(page.substring(0, page.indexOf("<details>")));
        Matcher end = Pattern.compile("\\]\\(\\.\\./([^)]+\\.java)\\).*?```java\\n(.*?)```", Pattern.DOTALL)
                .matcher(page.substring(page.indexOf("<summary>The whole story</summary>")));
        assertTrue(end.find(), name + " ends at no code");
        Matcher last = Pattern.compile("\\.\\./(src/[^)]+\\.java)").matcher(page);
        String file = "";
        while (last.find()) {
            file = last.group(1);
        }
        assertTrue(Files.readString(Path.of(file)).contains(end.group(2).strip()), file + " has no " + end.group(2).strip());
    }

    private static void assertNoSpoiler(String text) {
        String told = text.toLowerCase(Locale.ROOT);
        for (var fault : Faults.Fault.values()) {
            assertFalse(told.contains(fault.id()), text);
        }
        for (String word : List.of("lock", "leak", "storm", "exception", "paymenthandler")) {
            assertFalse(told.contains(word), word + " in " + text);
        }
    }

    // ---- one incident, from its start to its end -------------------------------------------------------------------

    private interface Enough {
        boolean in(Sample sample) throws Exception;
    }

    private static Sample during(String name, int perSecond, Enough enough) throws Exception {
        return during(name, perSecond, enough, () -> 0);
    }

    /** What was counted between its start and the moment when there was enough; {@code gained} is asked before its end. */
    private static Sample during(String name, int perSecond, Enough enough, DoubleSupplier gained) throws Exception {
        var environment = Map.of("TRAFFIC_RATE", Integer.toString(perSecond));
        var before = scrape();
        String told = script(0, environment, name);
        assertTrue(told.contains("incidents/" + name + ".md"), told);
        assertNoSpoiler(told);
        long pid = Long.parseLong(Files.readString(folder.resolve("incident/" + name + ".pid")).strip());
        try {
            var sample = new Sample(before, scrape(), 0);
            long deadline = System.nanoTime() + 25_000_000_000L;
            while (!enough.in(sample)) {
                assertTrue(System.nanoTime() < deadline, name + " shows too little after 25 s: " + sample);
                LockSupport.parkNanos(100_000_000);
                sample = new Sample(before, scrape(), 0);
            }
            return new Sample(before, sample.after(), gained.getAsDouble());
        } finally {
            String story = script(0, environment, name, "--solve");
            assertTrue(story.contains(".java`](") && story.contains("It is over"), story);
            assertFalse(service.get("/faults").body().contains("true"));
            ProcessHandle.of(pid).ifPresent(traffic -> traffic.onExit().orTimeout(10, TimeUnit.SECONDS).join());
        }
    }

    private static String script(int code, String... arguments) throws Exception {
        return script(code, Map.of(), arguments);
    }

    private static String script(int code, Map<String, String> environment, String... arguments) throws Exception {
        Path said = Files.createTempFile(folder, "said", ".txt");
        var builder = new ProcessBuilder("incidents/incident.sh").redirectErrorStream(true).redirectOutput(said.toFile());
        builder.command().addAll(List.of(arguments));
        builder.environment().putAll(Map.of("TRAFFIC_TARGET", "http://127.0.0.1:" + service.port(),
                "INCIDENT_DIR", folder.resolve("incident").toString(), "JAVA_HOME", System.getProperty("java.home")));
        builder.environment().putAll(environment);
        Process script = builder.start();
        assertTrue(script.waitFor(30, TimeUnit.SECONDS), "incident.sh did not end");
        assertEquals(code, script.exitValue(), () -> text(said));
        return text(said);
    }

    private static String text(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    /** Bytes that a full collection, asked for by the JDK's own tool, left behind. */
    private static double heapAfterCollection() {
        try {
            var jcmd = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "jcmd").toString(),
                    Long.toString(service.process().pid()), "GC.run").redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD).start();
            assertTrue(jcmd.waitFor(20, TimeUnit.SECONDS));
            return scrape().get("jvm_memory_pool_collection_used_bytes{pool=\"Tenured Gen\"}");
        } catch (IOException | InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private static Map<String, Double> scrape() throws IOException, InterruptedException {
        var values = new LinkedHashMap<String, Double>();
        service.get("/metrics").body().lines().filter(line -> !line.startsWith("#")).forEach(line -> values.put(
                line.substring(0, line.lastIndexOf(' ')), Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1))));
        return values;
    }

    /** What two scrapes say about the time between them. */
    private record Sample(Map<String, Double> before, Map<String, Double> after, double gained) {
        double count(String route) {
            return sum("http_server_request_duration_seconds_count\\{.*http_route=\"" + Pattern.quote(route) + "\".*");
        }

        double failed(String route) {
            return sum("http_server_request_duration_seconds_count\\{.*status_code=\"5..\",http_route=\""
                    + Pattern.quote(route) + "\".*");
        }

        /** Of the route's requests that were answered 2xx, those that took at most so many seconds. */
        double share(String route, double seconds) {
            String well = "\\{.*status_code=\"2..\",http_route=\"" + Pattern.quote(route) + "\"";
            return sum("http_server_request_duration_seconds_bucket" + well + ",le=\"" + seconds + "\".*")
                    / sum("http_server_request_duration_seconds_count" + well + ".*");
        }

        double sum(String series) {
            var wanted = Pattern.compile(series);
            return after.entrySet().stream().filter(value -> wanted.matcher(value.getKey()).matches())
                    .mapToDouble(value -> value.getValue() - before.getOrDefault(value.getKey(), 0.0)).sum();
        }

        @Override
        public String toString() {
            var moved = new LinkedHashMap<String, Double>();
            after.forEach((series, value) -> {
                if (series.matches("(http_server_request_duration_seconds_(bucket|count)|orders|log_lines).*")
                        && value > before.getOrDefault(series, 0.0)) {
                    moved.put(series, value - before.getOrDefault(series, 0.0));
                }
            });
            return moved.toString();
        }
    }
}
