package demo.tools.verify;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Each way the stack breaks, in front of a small stack on a real socket: the arrow that breaks is named, and no other. */
@Timeout(60)
class VerifyTest {
    private static final Duration PATIENCE = Duration.ofMillis(300);
    private static final String EMPTY_RESULT = "{\"status\":\"success\",\"data\":{\"resultType\":\"vector\",\"result\":[]}}";

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();
    private FakeStack stack;

    @BeforeEach
    void start(@TempDir Path folder) throws IOException {
        stack = new FakeStack(folder.resolve("app.log"));
    }

    @AfterEach
    void stop() {
        stack.close();
    }

    @Test
    void findsEveryArrowOfAHealthyStack() throws IOException {
        var document = verify(stack.places());

        assertEquals(List.of(), broken(document));
        assertEquals(List.of(), document.at("arrows").items().stream().filter(arrow -> !arrow.at("state").text().equals("ok")).toList());
        assertEquals("true", document.at("ok").text());
        assertEquals(stack.trace, document.at("trace_id").text());
    }

    static Stream<Arguments> faults() {
        return Stream.of(
                fault("a missing line", "log-line", "no line with that id", stack -> stack.logLine = line -> ""),
                fault("a line without its span", "log-line", "a line without span_id",
                        stack -> stack.logLine = line -> line.replaceFirst("\"span_id\":\"\\w+\",", "")),
                fault("a line that is no JSON", "log-line", "request completed",
                        stack -> stack.logLine = line -> "INFO request completed " + line.replace("{", "")),
                fault("exemplars off", "scrape-exemplar", "none", stack -> stack.replace("/api/metrics", " # {", " # no {")),
                fault("exemplars by another name", "scrape-exemplar", "traceID", stack -> stack.replace("/api/metrics", "trace_id=", "traceID=")),
                fault("another route label", "scrape", "uri=\"/orders\"", stack -> stack.replace("/api/metrics", "http_route=", "uri=")),
                fault("nothing scraped", "sample", "no http_server_request_duration_seconds_count at all",
                        stack -> stack.answer("/mimir/api/v1/query", "http_server_request_duration_seconds_count", 200, EMPTY_RESULT)),
                fault("another job", "sample", "that name with labels __name__, http_route, job",
                        stack -> stack.answer("/mimir/api/v1/query", "{job=\"api\"", 200, EMPTY_RESULT)),
                fault("old samples only", "sample", "only older samples",
                        stack -> stack.answer("/mimir/api/v1/query", "timestamp(http_server", 200, EMPTY_RESULT)),
                fault("a label too many", "labels", "labels level, method, service, trace_id",
                        stack -> stack.replace("/loki/", "\"method\":\"POST\"", "\"method\":\"POST\",\"trace_id\":\"x\"")),
                fault("a label by another name", "labels", "labels job, level, method",
                        stack -> stack.replace("/loki/", "\"service\":\"api\"", "\"job\":\"api\"")),
                fault("no structured metadata", "structured-metadata", "none",
                        stack -> stack.replace("/loki/", "structuredMetadata", "parsed")),
                fault("lines lost", "complete", "6, 1 too few", stack -> stack.replace("/loki/loki/api/v1/query", "\"7\"", "\"6\"")),
                fault("lines doubled", "complete", "8, 1 too many", stack -> stack.replace("/loki/loki/api/v1/query", "\"7\"", "\"8\"")),
                fault("a span missing", "trace", "spans POST, POST /orders, POST /payments",
                        stack -> stack.replace("/tempo/", ",{\"name\":\"authorize card\",\"kind\":\"SPAN_KIND_INTERNAL\"}", "")),
                fault("another service's trace", "trace", "another service.name", stack -> stack.replace("/tempo/", "\"api\"", "\"unknown_service:java\"")),
                fault("Mimir's exemplar limit of 0", "exemplar", "none since 10 s before the request",
                        stack -> stack.answer("/mimir/api/v1/query_exemplars", "", 200, "{\"status\":\"success\",\"data\":[]}")),
                fault("exemplars whose label is traceID", "exemplar", "labels traceID, span_id",
                        stack -> stack.replace("/mimir/api/v1/query_exemplars", "\"trace_id\"", "\"traceID\"")),
                fault("no service graph", "service-graph", "no such series",
                        stack -> stack.answer("/mimir/api/v1/query", "service_graph", 200, EMPTY_RESULT)),
                fault("no span metrics", "span-metrics", "no such series",
                        stack -> stack.answer("/mimir/api/v1/query", "spanmetrics", 200, EMPTY_RESULT)),
                fault("an empty bucket of an old backend", "bucket-tempo", "none, though it runs for 27 h",
                        stack -> stack.answer("/s3/tempo", "", 200, "<ListBucketResult></ListBucketResult>")),
                fault("a bucket that is not there", "bucket-loki", "/s3/loki answers 404: NoSuchBucket",
                        stack -> stack.answer("/s3/loki", "", 404, "NoSuchBucket")),
                fault("a link to a wrong uid", "link-exemplar", "name trace_id, datasourceUid tempo-1",
                        stack -> stack.replace("/grafana/api/datasources/uid/mimir", "\"tempo\"", "\"tempo-1\"")),
                fault("a derived field by pattern", "link-log", "matcherType regex, matcherRegex trace_id, datasourceUid tempo",
                        stack -> stack.replace("/grafana/api/datasources/uid/loki", "\"label\"", "\"regex\"")),
                fault("logs by another id", "link-trace-logs", "datasourceUid loki, query '{${__tags}} | traceID = \"${__trace.traceId}\"'",
                        stack -> stack.replace("/grafana/api/datasources/uid/tempo", "| trace_id", "| traceID")),
                fault("no metrics' queries", "link-trace-metrics", "datasourceUid mimir, without queries",
                        stack -> stack.replace("/grafana/api/datasources/uid/tempo", "\"queries\":[{\"name\":\"rate\",\"query\":\"up\"}]", "\"queries\":[]")),
                fault("a service map without source", "link-service-graph", "datasourceUid ",
                        stack -> stack.replace("/grafana/api/datasources/uid/tempo", "\"serviceMap\":{\"datasourceUid\":\"mimir\"}", "\"serviceMap\":{}")),
                fault("a source that can't reach its backend", "query-loki", "its health is {\"status\":\"ERROR\"",
                        stack -> stack.answer("/grafana/api/datasources/uid/loki/health", "", 400, "{\"status\":\"ERROR\",\"message\":\"refused\"}")),
                fault("a source that finds nothing", "query-tempo", "502: Bad Gateway",
                        stack -> stack.answer("/grafana/api/datasources/proxy/uid/tempo", "", 502, "Bad Gateway")),
                fault("no dashboard", "dashboard", "none", stack -> stack.answer("/grafana/api/search", "", 200, "[]")));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("faults")
    void namesTheArrowThatBreaks(String name, String arrow, String found, Consumer<FakeStack> fault) throws IOException {
        fault.accept(stack);

        var document = verify(stack.places());

        assertEquals(List.of(arrow), broken(document));
        var told = document.at("arrows").items().stream().filter(one -> one.at("name").text().equals(arrow)).findFirst().orElseThrow();
        assertTrue(told.at("found").text().contains(found), "found: " + told.at("found").text());
        assertTrue(!told.at("file").text().isEmpty() && !told.at("setting").text().isEmpty());
        assertEquals("false", document.at("ok").text());
    }

    /** What the services answer after each {@code just break NAME}, as far as it differs. */
    static Stream<Arguments> breaks() {
        return Stream.of(
                fault("exemplars-off", "exemplar", "none since", stack -> stack.answer("/mimir/api/v1/query_exemplars", "", 200, "{\"status\":\"success\",\"data\":[]}")),
                fault("remote-write-path", "sample", "only older samples", stack -> stack
                        .answer("/mimir/api/v1/query", "timestamp(http_server", 200, EMPTY_RESULT)
                        .answer("/mimir/api/v1/query_exemplars", "", 200, "{\"status\":\"success\",\"data\":[]}")),
                fault("log-path", "log-push", "none", stack -> stack
                        .answer("/loki/loki/api/v1/query_range", "", 200, EMPTY_RESULT)
                        .replace("/loki/loki/api/v1/query", "\"7\"", "\"0\"")
                        .answer("/grafana/api/datasources/proxy/uid/loki", "", 200, EMPTY_RESULT)),
                fault("trace-id-label", "labels", "labels level, method, service, trace_id", stack -> stack
                        .replace("/loki/", "\"method\":\"POST\"},\"values\":[[\"1700000000000000000\",\"a line\",{\"structuredMetadata\":{\"trace_id\"",
                                "\"method\":\"POST\",\"trace_id\":\"x\"},\"values\":[[\"1700000000000000000\",\"a line\",{\"structuredMetadata\":{\"_\"")),
                fault("otlp-port", "trace", "Tempo answers 404", stack -> stack
                        .answer("/tempo/api/traces/", "", 404, "")
                        .answer("/mimir/api/v1/query", "traces_", 200, EMPTY_RESULT)
                        .answer("/grafana/api/datasources/proxy/uid/tempo", "", 404, "")),
                fault("service-graph-off", "service-graph", "no such series", stack -> stack.answer("/mimir/api/v1/query", "service_graph", 200, EMPTY_RESULT)),
                fault("derived-field", "link-log", "matcherType regex, matcherRegex trace_id=(\\w+), datasourceUid tempo", stack -> stack
                        .replace("/grafana/api/datasources/uid/loki", "\"matcherType\":\"label\",\"matcherRegex\":\"trace_id\"", "\"matcherType\":\"regex\",\"matcherRegex\":\"trace_id=(\\\\w+)\"")));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("breaks")
    void goesRedOnExactlyTheArrowThatTheReadmeSays(String name, String arrow, String found, Consumer<FakeStack> fault) throws IOException {
        fault.accept(stack);

        var document = verify(stack.places());

        assertTrue(Files.readString(Path.of("docs/verify.md")).lines().anyMatch(line -> line.startsWith("| `just break " + name + "` |")
                && line.endsWith("| `" + arrow + "` |")), name + " and " + arrow + " are no row of README.md");
        assertEquals(List.of(arrow), broken(document));
        assertTrue(document.toString().contains(found), document.toString());
    }

    @Test
    void everyBreakOfTheReadmeIsTried() throws IOException {
        assertEquals(Files.readString(Path.of("docs/verify.md")).lines().filter(line -> line.startsWith("| `just break ")).count(), breaks().count());
    }

    @Test
    void whatNeedsABrokenArrowFollowsFromItAndIsNotBlamed() throws IOException {
        stack.answer("/loki/loki/api/v1/query_range", "", 200, "{\"status\":\"success\",\"data\":{\"result\":[]}}");

        var document = verify(stack.places());

        assertEquals(List.of("log-push"), broken(document));
        assertEquals(List.of("labels", "structured-metadata"), following(document, "log-push"));
    }

    @Test
    void aWrongUidNamesTheUidsThatAreThere() throws IOException {
        stack.answer("/grafana/api/datasources/uid/loki", "", 404, "{\"message\":\"not found\"}");
        stack.answer("/grafana/api/datasources", "", 200, "[{\"uid\":\"mimir\"},{\"uid\":\"P8E80F9AEF21F6940\"}]");

        var document = verify(stack.places());

        assertTrue(document.toString().contains("uids mimir, P8E80F9AEF21F6940"), document.toString());
    }

    @Test
    void aServiceThatIsDownIsNamedByItsAddress() throws IOException {
        var closed = URI.create("http://127.0.0.1:1");
        var places = stack.places();

        var document = verify(new Places(places.api(), places.mimir(), places.loki(), closed, places.grafana(), places.s3(), places.logFile()));

        assertEquals(List.of("trace"), broken(document));
        assertEquals(List.of("exemplar"), following(document, "trace"));
        assertTrue(document.toString().contains("nothing answers at 127.0.0.1:1"), document.toString());
    }

    @Test
    void anEmptyBucketOfAYoungBackendIsWaitingNotBroken() throws IOException {
        stack.answer("/s3/tempo", "", 200, "<ListBucketResult></ListBucketResult>");
        stack.answer("/tempo/metrics", "", 200, "process_start_time_seconds " + System.currentTimeMillis() / 1000 + "\n");

        var document = verify(stack.places());

        assertEquals(List.of(), broken(document));
        assertTrue(Pattern.compile("it runs for \\d+ s and writes within 15 min").matcher(document.toString()).find(), document.toString());
    }

    @Test
    void aPrometheusInMimirsPlaceHasNoBucket() throws IOException {
        stack.answer("/mimir/api/v1/status/buildinfo", "", 200, "{\"status\":\"success\",\"data\":{\"version\":\"3.5.0\"}}");

        var document = verify(stack.places());

        assertEquals(List.of(), broken(document));
        assertTrue(document.toString().contains("a Prometheus stands in for Mimir"));
    }

    @Test
    void linesThatAreWrittenDuringTheLookAreNotMissing() throws IOException {
        // Seven lines at the first look, a thousand at each later one; Loki holds ten.
        stack.replaceAfter(1, "/api/metrics", "log_lines_total{level=\"INFO\"} 6", "log_lines_total{level=\"INFO\"} 999");
        stack.replace("/loki/loki/api/v1/query", "\"7\"", "\"10\"");

        assertEquals(List.of(), broken(verify(stack.places(), "--skip=scrape,scrape-exemplar")));
    }

    @Test
    void tellsABrokenArrowInWordsWithWhereToLook() {
        stack.replace("/loki/", "\"service\":\"api\"", "\"job\":\"api\"");

        int code = Verify.run(new String[] {"--skip=grafana"}, stack.places(), PATIENCE, print(out), print(err));

        assertEquals(1, code);
        var text = out.toString(StandardCharsets.UTF_8);
        assertTrue(text.startsWith("POST /orders, trace " + stack.trace + "\nok      request "), text);
        assertTrue(text.contains("  expected labels service, level, method and no other (service api, method POST)\n"
                + "        found    labels job, level, method\n"
                + "        look at  infra/alloy/config.alloy: resource.service, resource.level, resource.method\n"
                + "        the log  just logs alloy\n"), text);
        assertTrue(text.endsWith("26 arrows: 15 ok, 1 broken, 10 skipped\n"), text);
    }

    @Test
    void tellsOnceWhereToLookWhenAServiceIsDown() {
        var places = stack.places();
        var down = new Places(places.api(), places.mimir(), places.loki(), places.tempo(), URI.create("http://127.0.0.1:1"), places.s3(), places.logFile());

        assertEquals(1, Verify.run(new String[0], down, PATIENCE, print(out), print(err)));

        var lines = out.toString(StandardCharsets.UTF_8).lines().toList();
        assertEquals(1, lines.stream().filter(line -> line.contains("the log  just logs grafana")).count());
        assertEquals(9, lines.stream().filter(line -> line.startsWith("follows ") && line.endsWith("  from grafana")).count());
        assertTrue(lines.getLast().endsWith(", 1 broken, 9 following from that"), lines.getLast());
    }

    @Test
    void tellsTheSameFindingOfTwoArrowsOnce() {
        var places = stack.places();
        var down = new Places(places.api(), URI.create("http://127.0.0.1:1"), places.loki(), places.tempo(), places.grafana(), places.s3(), places.logFile());

        assertEquals(1, Verify.run(new String[0], down, PATIENCE, print(out), print(err)));

        var broken = out.toString(StandardCharsets.UTF_8).lines().filter(line -> line.startsWith("BROKEN ")).toList();
        assertTrue(broken.getFirst().startsWith("BROKEN  sample "), broken.toString());
        assertTrue(broken.getLast().endsWith("nothing answers at 127.0.0.1:1, as above"), broken.toString());
    }

    @Test
    void withoutAnApiThereIsNothingToFollow() {
        var places = stack.places();
        stack.close();

        int code = Verify.run(new String[0], places, PATIENCE, print(out), print(err));

        assertEquals(1, code);
        assertEquals("verify: no request to follow, the API at " + places.api() + ": nothing answers at " + places.api().getAuthority()
                + "; start it with just up, or see just logs api\n", err.toString(StandardCharsets.UTF_8));
    }

    @Test
    void refusesAnUnknownOptionAndAnUnknownName() {
        assertEquals(2, Verify.run(new String[] {"--fast"}, stack.places(), PATIENCE, print(out), print(err)));
        assertEquals(2, Verify.run(new String[] {"--skip=mmir"}, stack.places(), PATIENCE, print(out), print(err)));

        var lines = err.toString(StandardCharsets.UTF_8).lines().toList();
        assertEquals(2, lines.size());
        assertEquals("verify: unknown option '--fast', expected --json, --skip=NAME, --list or --help", lines.getFirst());
        assertTrue(lines.getLast().endsWith(", was 'mmir'"), lines.getLast());
    }

    private Json verify(Places places, String... options) throws IOException {
        var args = Stream.concat(Stream.of("--json"), Stream.of(options)).toArray(String[]::new);
        int code = Verify.run(args, places, PATIENCE, print(out), print(err));
        assertEquals("", err.toString(StandardCharsets.UTF_8));
        var document = Json.parse(out.toString(StandardCharsets.UTF_8));
        assertEquals(broken(document).isEmpty() ? 0 : 1, code);
        return document;
    }

    private static List<String> broken(Json document) {
        return document.at("arrows").items().stream().filter(arrow -> arrow.at("state").text().equals("broken"))
                .map(arrow -> arrow.at("name").text()).toList();
    }

    private static List<String> following(Json document, String cause) {
        return document.at("arrows").items().stream().filter(arrow -> arrow.at("from_arrow").text().equals(cause))
                .map(arrow -> arrow.at("name").text()).toList();
    }

    private static Arguments fault(String name, String arrow, String found, Consumer<FakeStack> fault) {
        return Arguments.of(name, arrow, found, fault);
    }

    private static PrintStream print(ByteArrayOutputStream bytes) {
        return new PrintStream(bytes, true, StandardCharsets.UTF_8);
    }
}
