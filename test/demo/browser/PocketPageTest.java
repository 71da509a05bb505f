package demo.browser;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.protobuf.ByteString;
import com.sun.net.httpserver.HttpServer;
import demo.json.Json;
import demo.tools.pocket.FakeService;
import demo.tools.pocket.PocketProcess;
import io.opentelemetry.proto.trace.v1.Span;
import io.opentelemetry.proto.trace.v1.Span.SpanKind;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;
import org.openqa.selenium.Keys;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.interactions.Actions;

/** Pocket's page in a real browser, with simulated telemetry and at the end with the real service. */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class PocketPageTest {
    @TempDir
    private static Path folder;

    private static Browser browser;
    private static FakeService service;
    private static PocketProcess pocket;
    private static QuickStart quickStart;

    @BeforeAll
    static void start() throws Exception {
        browser = new Browser();
        quickStart = new QuickStart(folder.resolve("quick"));
        service = new FakeService(folder.resolve("app.log"), 0, new Random(3));
        pocket = new PocketProcess(service.port(), folder.resolve("app.log"));
        browser.open(pocket.url);
        browser.see("#inputs", "scrape"); // requests before the first scrape have no known time
        for (int i = 0; i < 40; i++) {
            request("GET", "/menu", 200, 0.004 + i % 7 * 0.002, "menu read");
            request("POST", "/orders", 201, 0.06 + i % 5 * 0.03, "order taken");
        }
    }

    @AfterAll
    static void stop() {
        if (quickStart != null) {
            quickStart.close();
        }
        if (pocket != null) {
            pocket.close();
        }
        if (service != null) {
            service.close();
        }
        if (browser != null) {
            browser.close();
        }
    }

    @AfterEach
    void assertNoBrowserErrors() {
        assertEquals(List.of(), browser.browserErrors());
        browser.setViewport(1280, 900, false);
    }

    private static String request(String method, String route, int status, double seconds, String message)
            throws Exception {
        return service.request(pocket.otlpPort, method, route, status, seconds, message);
    }

    private static byte[] bytes(int length, int value) {
        byte[] bytes = new byte[length];
        Arrays.fill(bytes, (byte) value);
        return bytes;
    }

    private static String dot(String trace) {
        return "#latency .dot[data-trace='" + trace + "']";
    }

    private static void pointAt(WebElement dot) {
        new Actions(browser.driver).moveToElement(dot).perform();
    }

    /** Retries until the trace is open: dots move until the pointer is over the chart. */
    private static void clickOn(String trace) {
        browser.await("the dot's trace", () -> {
            new Actions(browser.driver).moveToElement(browser.see(dot(trace))).click().perform();
            return browser.sees("#trace h2") && browser.driver.getCurrentUrl().contains(trace);
        });
    }

    @Test
    void showsTheRequestJustMadeInAllThreePillars() throws Exception {
        browser.open(pocket.url);

        String trace = request("POST", "/orders", 201, 2.2, "order taken slowly");

        browser.see(dot(trace));
        browser.see("#logs .line", "order taken slowly");
        browser.see("#traces a[href*='" + trace + "']", "POST /orders");
        browser.see("#routes th", "/orders");
    }

    @Test
    void aClickOpensTheTraceThatTheTooltipNamesAndBackReturns() throws Exception {
        String trace = request("POST", "/orders", 503, 3.1, "payment refused by the card terminal");
        browser.open(pocket.url);
        browser.await("the tooltip", () -> {
            pointAt(browser.see(dot(trace)));
            return browser.see("#latency .tip").getText().contains("/orders 503  3.1 s");
        });
        String shown = browser.see("#latency svg").getDomProperty("innerHTML");
        String later = request("GET", "/menu", 200, 0.01, "while the pointer is over the chart");
        browser.see("#logs .line", "while the pointer is over the chart");
        assertEquals(shown, browser.see("#latency svg").getDomProperty("innerHTML"), "the chart does not move");

        new Actions(browser.driver).click().perform();

        browser.see("#trace h2", "POST /orders");
        assertTrue(browser.driver.getCurrentUrl().contains("trace=" + trace));
        browser.see("#waterfall .span.error", "POST /orders");
        browser.see("#waterfall .problem", "the card terminal did not respond");
        browser.see("#logs.full .line", "payment refused by the card terminal");
        browser.driver.navigate().back();
        browser.see("#traces");
        assertFalse(browser.sees("#trace"));
        new Actions(browser.driver).moveToLocation(0, 0).perform();
        browser.see("#traces a[href*='" + later + "']");
    }

    @Test
    void aLogLineOpensItsTraceAndUnfoldsItsFields() throws Exception {
        String trace = request("GET", "/orders/{id}", 404, 0.011, "no such order 4711");
        browser.open(pocket.url + "/?text=order+4711");

        browser.see("#logs .line", "no such order 4711");
        browser.click("#logs .line button", "");
        browser.see("#logs dl", trace);
        browser.click("#logs .line a.message", "no such order 4711");

        browser.see("#trace h2", "GET /orders/{id}");
        browser.click("#waterfall button", "POST /payments");
        browser.click("#waterfall .more a", "show the charts of /payments");
        browser.await("the route", () -> "/payments".equals(browser.see("[name=route]").getDomProperty("value")));
    }

    @Test
    void aSelectedSpikeShowsItsSlowestTracesErrorLinesAndRoutes() throws Exception {
        String slow = request("POST", "/spike", 503, 4.9, "this order failed in the spike");
        browser.open(pocket.url + "/?seconds=60");
        int dot = browser.await("the dot's place", () -> browser.see(dot(slow)).getLocation().x);
        WebElement chart = browser.see("#latency .chart svg");
        int middle = chart.getLocation().x + chart.getSize().width / 2;
        int before = dot - middle - 40;
        int after = Math.min(before + 60, chart.getSize().width / 2 - 10);

        new Actions(browser.driver).moveToElement(chart, before, 60).clickAndHold().moveByOffset(10, 0)
                .moveToElement(chart, after, 60).release().perform();

        browser.see("#span", "only");
        browser.see("#logs .line", "this order failed in the spike");
        browser.see("#traces li:first-child a[href*='" + slow + "']");
        browser.see("#routes tr", "/spike");
        assertEquals("slowest", browser.see("[name=order]").getDomProperty("value"));
        browser.click("#span a", "");
        browser.await("no time in the address", () -> !browser.driver.getCurrentUrl().contains("from="));
    }

    @Test
    void theAddressContainsTheFiltersAnd4xxIsNot5xx() throws Exception {
        request("POST", "/orders", 503, 0.2, "only this one is a server error");
        request("POST", "/orders", 409, 0.2, "only this one is a conflict");
        browser.open(pocket.url + "/?level=ERROR&method=POST&text=only+this&seconds=900&status=5xx&route=%2Forders");

        browser.see("#logs .line", "only this one is a server error");
        assertEquals(1L, browser.run("return document.querySelectorAll('#logs .line').length"));
        assertEquals("ERROR POST 900 5xx", browser.run("return ['level', 'method', 'seconds', 'status']"
                + ".map(name => document.querySelector(`[name=${name}]`).value).join(' ')"));
        browser.open(pocket.url + "/?status=4xx&text=only+this");
        browser.see("#logs .line", "only this one is a conflict");
        assertEquals(1L, browser.run("return document.querySelectorAll('#logs .line').length"));
        browser.see("#traces .s4xx");
        assertFalse(browser.sees("#traces .s5xx"));
        browser.click("#routes td.s5xx a", "");
        browser.await("the status", () -> browser.driver.getCurrentUrl().contains("status=5xx"));
    }

    @Test
    void aRouteKeepsItsColourAcrossReloadsAndNewRoutes() throws Exception {
        browser.open(pocket.url);
        browser.see("#rate .key span", "/orders");
        Object before = colourOf("/orders");

        request("GET", "/a-route-that-sorts-first", 200, 0.01, "new");
        browser.open(pocket.url);
        browser.see("#rate .key span", "/a-route-that-sorts-first");

        assertEquals(before, colourOf("/orders"));
    }

    private static Object colourOf(String route) {
        return browser.run("return [...document.querySelectorAll('#rate .key span')]"
                + ".find(one => one.textContent.startsWith(arguments[0] + ' ')).className", route);
    }

    @Test
    void untrustedTextIsShownAsTextOrSkipped() throws Exception {
        String hostile = "</script><img src=x onerror=\"document.title='taken'\">\"},{\"forged\":\"";
        byte[] id = bytes(16, 0x42);
        long now = System.currentTimeMillis() * 1_000_000;
        service.line("ERROR", hostile, HexFormat.of().formatHex(id), "");
        service.send(pocket.otlpPort, FakeService.request(hostile, FakeService.span(id, bytes(8, 1), bytes(8, 9),
                hostile, SpanKind.SPAN_KIND_SERVER, now, now + 7_000).addAttributes(FakeService.text(hostile, hostile))
                .addAttributes(FakeService.text("http.route", hostile))
                .addLinks(Span.Link.newBuilder().setTraceId(ByteString.copyFrom(id))).build()));
        Files.writeString(folder.resolve("app.log"), "half a line " + hostile + "\n"
                + "{\"message\": {\"toString\": \"x\"}, \"level\": [1], \"trace_id\": {}, \"timestamp\": {}}\n"
                + "null\n7\n", StandardOpenOption.APPEND);

        browser.open(pocket.url);
        browser.see("#logs .line", hostile);
        browser.see("#logs .line", "half a line </script><img");
        browser.see("#logs .line", "{\"toString\":\"x\"}");
        browser.see("#traces li", "in progress: its root has not arrived");
        browser.click("#logs a.message", hostile);
        browser.see("#trace h2", "in progress");
        browser.click("#waterfall button", "");
        browser.see("#waterfall .more", hostile);
        browser.see("#waterfall .more p", "linked to trace 4242424242");
        browser.open(pocket.url + "/?trace=" + send(0x45, FakeService.span(bytes(16, 0x45), bytes(8, 1), null,
                "no times", SpanKind.SPAN_KIND_SERVER, 0, 0).build()));
        browser.see("#trace h2", "no times 0 ms, 1 spans");
        browser.see("#waterfall .took", "0 ms");

        assertEquals(0L, browser.run("return document.querySelectorAll('img, body script').length"));
        assertEquals("Pocket: metrics, logs and traces", browser.driver.getTitle());
    }

    @Test
    void comparesASlowTraceWithANormalOneOfTheSameRoute() throws Exception {
        String slow = request("POST", "/orders", 201, 1.9, "compare me");
        browser.open(pocket.url + "/?trace=" + slow);

        browser.click("#tools a", "compare with a normal one");

        browser.see("#difference", "Most time was added in POST /payments (server) itself: 1.");
        browser.see("#waterfall .took", "normal ");
        String retried = send(0x43, span(0x43, 1, 0, "POST /orders", 0, 700), span(0x43, 2, 1, "POST", 0, 600),
                span(0x43, 3, 1, "POST", 600, 700), span(0x43, 4, 3, "POST /payments", 610, 690));
        browser.open(pocket.url + "/?compare=1&trace=" + retried);
        browser.see("#difference", "Most time was added in POST (client) itself: 600 ms. Only here: POST.");
        browser.open(pocket.url + "/?compare=1&trace=" + send(0x44, span(0x44, 1, 0, "POST /orders", 0, 1)));
        browser.see("#difference", "No span is longer. Missing here: POST, POST /payments.");
        browser.see("#waterfall .missing", "missing here");
    }

    private static Span span(int trace, int id, int parent, String name, long fromMillis, long toMillis) {
        return FakeService.span(bytes(16, trace), bytes(8, id), parent == 0 ? null : bytes(8, parent), name,
                SpanKind.SPAN_KIND_CLIENT, (1_000 + fromMillis) * 1_000_000, (1_000 + toMillis) * 1_000_000).build();
    }

    private static String send(int trace, Span... spans) throws Exception {
        service.send(pocket.otlpPort, FakeService.request("api", spans));
        return HexFormat.of().formatHex(bytes(16, trace));
    }

    @Test
    void aSavedTraceCanBeOpenedElsewhere() throws Exception {
        String trace = request("GET", "/menu", 200, 0.123, "sent to a colleague");
        Path file = folder.resolve("trace.json");
        browser.open(pocket.url + "/?trace=" + trace);
        browser.see("#tools a[download='trace-" + trace + ".json']", "save as OTLP/JSON");
        Files.writeString(file, pocket.get("/api/trace?id=" + trace).body());

        try (var colleague = new PocketProcess(1, folder.resolve("colleague/app.log"))) {
            browser.open(colleague.url);
            browser.driver.findElement(org.openqa.selenium.By.cssSelector("[type=file]")).sendKeys(file.toString());

            browser.see("#trace h2", "GET /menu 123 ms, 3 spans");
            browser.see("#waterfall .span", "POST /payments");
            browser.open("about:blank");
        }
    }

    @Test
    void theKeyboardAloneReachesTheLogLineOfARequest() throws Exception {
        String trace = request("GET", "/menu", 200, 1.5, "menu read with cold milk");
        String slower = request("POST", "/orders", 201, 2.6, "order that took longer at the same time");
        browser.open(pocket.url + "/?seconds=60");
        browser.see(dot(slower));
        browser.see(dot(trace));

        tabTo("#latency .chart svg");
        press(Keys.END);
        browser.await("the slow request under the cursor", () -> {
            press(Keys.ARROW_UP);
            return browser.see("#latency .tip").getText().contains("1.5 s");
        });
        press(Keys.ENTER);

        browser.see("#logs.full .line", "menu read with cold milk");
        assertEquals(true, browser.run("return document.activeElement.matches('#trace h2')"));
        tabTo("#logs.full .line button");
        press(Keys.SPACE);
        browser.see("#logs.full dl", trace);
    }

    private static void tabTo(String selector) {
        browser.await("the focus on " + selector, () -> {
            press(Keys.TAB);
            return browser.run("return document.activeElement.matches(arguments[0])", selector);
        });
    }

    private static void press(CharSequence key) {
        new Actions(browser.driver).sendKeys(key).perform();
    }

    @Test
    void anotherOriginCannotReadPocket() throws Exception {
        HttpServer other = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
        other.createContext("/", exchange -> {
            byte[] page = "<!doctype html><link rel=icon href='data:,'><title>other</title>".getBytes();
            exchange.sendResponseHeaders(200, page.length);
            exchange.getResponseBody().write(page);
            exchange.close();
        });
        other.start();
        try {
            browser.open("http://127.0.0.1:" + other.getAddress().getPort() + "/");

            Object read = browser.driver.executeAsyncScript("fetch(arguments[0]).then(response => response.text(),"
                    + "() => 'refused').then(arguments[1])", pocket.url + "/api/logs");
            Object blind = browser.driver.executeAsyncScript("fetch(arguments[0], { mode: 'no-cors' })"
                    + ".then(() => 'sent', () => 'refused').then(arguments[1])", pocket.url + "/api/logs?text=a");

            assertEquals("refused", read);
            assertEquals("refused", blind, "the browser blocks the 403 of another origin");
        } finally {
            other.stop(0);
            browser.browserErrors(); // discards the errors of the blocked requests, which are expected
        }
    }

    @Test
    void keepsItsDataWhileTheServiceIsDownAndContinuesAfterwards() throws Exception {
        Path log = folder.resolve("two/app.log");
        var fake = new FakeService(log, 0, new Random(4));
        try (fake; var two = new PocketProcess(fake.port(), log)) {
            browser.open(two.url);
            browser.see("#routes", "about a second after their responses");
            browser.see("#traces", "http://127.0.0.1:" + two.otlpPort + "/v1/traces");
            browser.click("#logs summary", "");
            browser.see("#logs details code", "{service=\"api\"");
            browser.see("#inputs", "scrape");
            String trace = fake.request(two.otlpPort, "GET", "/menu", 200, 0.3, "the last one");
            browser.see(dot(trace));
            fake.close();

            browser.see("#away", "The service is away since");
            browser.see("#logs .line", "the last one");
            browser.see(dot(trace));
            try (var back = new FakeService(log, fake.port(), new Random(5))) {
                browser.await("the end of the message", () -> !browser.sees("#away"));
                String next = back.request(two.otlpPort, "GET", "/menu", 200, 0.4, "the first after it");
                browser.see(dot(next));
                browser.see("#logs .line", "the first after it");
            }
            browser.open("about:blank");
        }
    }

    @Test
    void hasNoSeriousAccessibilityViolationLightDarkWideOrNarrow() throws Exception {
        Path axe = Path.of(".ci/npm/node_modules/axe-core/axe.min.js");
        assumeTrue(Files.exists(axe), "no axe-core: run npm ci --prefix .ci/npm");
        String trace = request("POST", "/orders", 503, 0.2, "payment refused");
        for (int width : new int[] {1280, 390}) {
            for (String path : List.of("/?seconds=900", "/?compare=1&trace=" + trace)) {
                for (boolean dark : new boolean[] {false, true}) {
                    browser.setViewport(width, 900, dark);
                    browser.open(pocket.url + path);
                    browser.see("#latency .dot");
                    browser.click("#logs .line button", "");
                    browser.driver.executeCdpCommand("Runtime.evaluate",
                            java.util.Map.of("expression", Files.readString(axe)));
                    assertEquals(List.of(), browser.driver.executeAsyncScript("const done = arguments[0];"
                            + "axe.run().then(({ violations }) => done(violations"
                            + ".filter(one => ['serious', 'critical'].includes(one.impact))"
                            + ".map(one => `${one.id}: ${one.nodes[0].html}`)), problem => done([String(problem)]))"),
                            width + (dark ? " dark " : " light ") + path);
                }
                assertEquals((long) width, browser.run("return document.documentElement.scrollWidth"), "nothing cut");
                assertEquals(List.of(), browser.run("return [...document"
                        + ".querySelectorAll('a, button, summary, select')]"
                        + ".filter(one => one.checkVisibility() && one.getBoundingClientRect().height < 24)"
                        + ".map(one => one.outerHTML)"), "targets are at least 24 px high");
            }
        }
    }

    /** The service's own page, under its policy. */
    @Test
    @Order(Integer.MAX_VALUE - 1)
    void theServicesOwnPageSendsRequestsAndShowsTheirTrace() {
        browser.await("the service", () -> quickStart.slowPayments(false));
        browser.open(quickStart.api);

        browser.click("button", "get the menu");

        String response = browser.see("#response", "GET /menu → 200").getText();
        assertTrue(response.matches("(?s).*trace id: [0-9a-f]{32}"), response);
    }

    /** Runs last, when the service has enough data. Takes the pictures of the README. */
    @Test
    @Order(Integer.MAX_VALUE)
    void aSlowRequestLeadsToItsLogLineInTwoClicks() throws Exception {
        browser.await("the service", () -> quickStart.slowPayments(true));
        browser.setViewport(1200, 940, false);
        browser.open(quickStart.pocket);
        browser.await("some slow orders", () -> quickStart.slowOrders() > 1);
        assertTrue(quickStart.slowPayments(false));
        browser.see("#latency .dot");
        browser.picture("pocket");
        Object light = browser.run("return getComputedStyle(document.body).backgroundColor");
        browser.setViewport(1200, 940, true);
        browser.picture("pocket-dark");
        assertNotEquals(light, browser.run("return getComputedStyle(document.body).backgroundColor"));

        browser.setViewport(1200, 880, false);
        String slow = (String) browser.await("the highest dot", () -> browser.run(
                "return [...document.querySelectorAll('#latency .dot')]"
                + ".sort((a, b) => a.getAttribute('cy') - b.getAttribute('cy'))[0]?.dataset.trace"));
        clickOn(slow);
        browser.see("#waterfall .span", "authorize card");
        browser.see("#logs.full .line", "/orders");
        new Actions(browser.driver).moveToLocation(0, 0).perform();
        browser.picture("pocket-trace");
        browser.click("#logs.full .line button", "");
        browser.see("#logs.full dl", slow);
        assertTrue(Json.read(quickStart.read("/api/trace?id=" + slow)).having("spanId")
                .anyMatch(span -> span.at("name").text().equals("authorize card")));
    }
}
