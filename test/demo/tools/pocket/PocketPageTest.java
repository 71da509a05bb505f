package demo.tools.pocket;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import demo.api.Service;
import demo.browser.Browser;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.interactions.Actions;

/** Pocket's page in Chromium: with simulated telemetry, and once with the real service. */
@Order(1)
class PocketPageTest {
    private static final String HOSTILE = "</script><img src=x onerror=\"document.title='taken'\">\"},{\"forged\":\"";

    @TempDir
    private static Path folder;

    private static Browser browser;
    private static FakeService service;
    private static Pocket pocket;
    private static String url;
    private static String slow;
    private static String noSuchOrder;

    @BeforeAll
    static void start() throws Exception {
        service = new FakeService(folder.resolve("app.log"), 0);
        pocket = new Pocket(service.metricsUri(), folder.resolve("app.log"), 0, 0);
        url = "http://localhost:" + pocket.pagePort();
        browser = new Browser(); // takes longer than the first scrape; earlier requests have no known time
        for (int i = 0; i < 12; i++) {
            request("GET", "/menu", 200, 0.004 + i % 7 * 0.002, "menu read");
            request("POST", "/orders", 201, 0.06 + i % 5 * 0.03, "order taken");
        }
        slow = request("POST", "/orders", 503, 3.1, "payment refused by the card terminal");
        request("POST", "/orders", 409, 0.2, "only this one is a conflict");
        noSuchOrder = request("GET", "/orders/{id}", 404, 0.011, "no such order 4711");
    }

    @AfterAll
    static void stop() throws Exception {
        for (AutoCloseable one : Arrays.asList(browser, pocket, service)) {
            if (one != null) {
                one.close();
            }
        }
    }

    @AfterEach
    void assertNoBrowserErrors() {
        assertEquals(List.of(), browser.browserErrors());
        browser.setViewport(1280, 900, false);
    }

    private static int freePort() throws IOException {
        try (var free = new ServerSocket(0)) {
            return free.getLocalPort();
        }
    }

    private static String request(String method, String route, int status, double seconds, String message)
            throws Exception {
        return service.request(pocket.otlpPort(), method, route, status, seconds, message);
    }

    private static String dot(String trace) {
        return "#latency .dot[data-trace='" + trace + "']";
    }

    @Test
    void aClickOpensTheTraceThatTheTooltipNamesWhileTheChartHoldsStill() throws Exception {
        browser.open(url);
        browser.see("#traces a[href*='" + slow + "']", "POST /orders");
        browser.see("#routes th", "/orders");
        browser.await("the tooltip", () -> {
            new Actions(browser.driver).moveToElement(browser.see(dot(slow))).perform();
            return browser.see("#latency .tip").getText().contains("/orders 503  3.1 s");
        });
        String shown = browser.see("#latency svg").getDomProperty("innerHTML");
        request("GET", "/menu", 200, 0.01, "while the pointer is over the chart");
        browser.see("#logs .line", "while the pointer is over the chart");
        assertEquals(shown, browser.see("#latency svg").getDomProperty("innerHTML"), "the chart does not move");

        new Actions(browser.driver).click().perform();

        browser.see("#trace h2", "POST /orders");
        assertTrue(browser.driver.getCurrentUrl().contains("trace=" + slow));
        browser.see("#waterfall .span.error", "POST /orders");
        browser.see("#waterfall .problem", "the card terminal did not respond");
        browser.see("#logs.full .line", "payment refused by the card terminal");
        browser.driver.navigate().back();
        browser.see("#traces");
        assertFalse(browser.sees("#trace"));
    }

    @Test
    void aLogLineOpensItsTraceAndATraceItsCharts() {
        browser.open(url + "/?text=order+4711");
        browser.see("#logs .line", "no such order 4711");
        browser.click("#logs .line time", "");
        browser.see("#logs dl", noSuchOrder);
        browser.click("#logs a[href*='" + noSuchOrder + "']", "trace");

        browser.see("#trace h2", "GET /orders/{id}");
        browser.click("#waterfall summary", "POST /payments");
        browser.click("#waterfall .more a", "show the charts of /payments");
        browser.await("the route", () -> "/payments".equals(browser.see("[name=route]").getDomProperty("value")));
    }

    @Test
    void aSelectedSpikeShowsItsSlowestTracesErrorLinesAndRoutes() throws Exception {
        String spike = request("POST", "/spike", 503, 4.9, "this order failed in the spike");
        browser.open(url + "/?seconds=60");
        int dot = browser.await("the dot's place", () -> browser.see(dot(spike)).getLocation().x);
        WebElement chart = browser.see("#latency .chart svg");
        int middle = chart.getLocation().x + chart.getSize().width / 2;
        int before = dot - middle - 40;
        int after = Math.min(before + 60, chart.getSize().width / 2 - 10);

        new Actions(browser.driver).moveToElement(chart, before, 60).clickAndHold().moveByOffset(10, 0)
                .moveToElement(chart, after, 60).release().perform();

        browser.see("#span", "only");
        browser.see("#logs .line", "this order failed in the spike");
        browser.see("#traces li:first-child a[href*='" + spike + "']");
        browser.see("#routes tr", "/spike");
        browser.click("#span a", "");
        browser.await("no time in the address", () -> !browser.driver.getCurrentUrl().contains("from="));
    }

    @Test
    void theAddressContainsTheFiltersAnd4xxIsNot5xx() {
        browser.open(url + "/?level=WARN&text=only+this&seconds=900&status=4xx&route=%2Forders");

        browser.see("#logs .line", "only this one is a conflict");
        browser.see("#traces .s4xx");
        assertFalse(browser.sees("#traces .s5xx"));
        assertEquals(1L, browser.run("return document.querySelectorAll('#logs .line').length"));
        assertEquals("WARN 900 4xx /orders", browser.run("return ['level', 'seconds', 'status', 'route']"
                + ".map(name => document.querySelector(`[name=${name}]`).value).join(' ')"));
        browser.click("#routes td.s5xx a", "");
        browser.see("#traces .s5xx");
        assertTrue(browser.driver.getCurrentUrl().contains("status=5xx"));
    }

    @Test
    void untrustedTextIsShownAsText() throws Exception {
        String id = "42".repeat(16);
        service.line("ERROR", HOSTILE, id, "");
        Files.writeString(folder.resolve("app.log"), "half a line " + HOSTILE + "\n"
                + "{\"message\": {\"toString\": \"x\"}, \"level\": [1], \"trace_id\": {}, \"timestamp\": {}}\n"
                + "null\n7\n", StandardOpenOption.APPEND);
        byte[] bytes = HexFormat.of().parseHex(id);
        byte[] spanId = Arrays.copyOf(bytes, 8); // its own parent
        PocketProcess.post(pocket.otlpPort(), FakeService.request("api", FakeService.span(bytes, spanId, spanId,
                HOSTILE, 0, 0).addAttributes(FakeService.text(HOSTILE, HOSTILE))
                .addAttributes(FakeService.text("http.route", HOSTILE)).build()));

        browser.open(url);
        browser.see("#logs .line", HOSTILE);
        browser.see("#logs .line", "half a line </script><img");
        browser.see("#logs .line", "{\"toString\":\"x\"}");
        browser.see("#traces li", "in progress: the root has not arrived");
        browser.click("#logs a[href*='" + id + "']", "trace");
        browser.see("#waterfall .took", "0 ms");
        browser.click("#waterfall summary", "");
        browser.see("#waterfall .more", HOSTILE);

        assertEquals(0L, browser.run("return document.querySelectorAll('img, body script').length"));
        assertEquals("Pocket: metrics, logs and traces", browser.driver.getTitle());
    }

    @Test
    void keepsItsDataWhileTheServiceIsDownAndContinuesAfterwards() throws Exception {
        Path log = folder.resolve("two/app.log");
        int port = freePort();
        try (var two = new Pocket(URI.create("http://127.0.0.1:" + port + "/metrics"), log, 0, 0)) {
            browser.open("http://localhost:" + two.pagePort());
            browser.see("#problem", "Metrics: Connection refused (http://127.0.0.1:" + port + "/metrics).");
            String trace;
            try (var fake = new FakeService(log, port)) {
                fake.line("INFO", "started", "", "");
                browser.await("the end of the message", () -> !browser.sees("#problem"));
                trace = fake.request(two.otlpPort(), "GET", "/menu", 200, 0.3, "the last one");
                browser.see(dot(trace));
            }
            browser.see("#problem", "Metrics: ");
            browser.see("#logs .line", "the last one");
            browser.see(dot(trace));
            try (var back = new FakeService(log, port)) {
                browser.await("the end of the message", () -> !browser.sees("#problem"));
                browser.see(dot(back.request(two.otlpPort(), "GET", "/menu", 200, 0.4, "the first after it")));
            }
            browser.open("about:blank");
        }
    }

    @ParameterizedTest
    @CsvSource({"1280, false, ?seconds=900", "1280, true, ?trace=", "390, false, ?trace=", "390, true, ?seconds=900"})
    void hasNoSeriousAccessibilityViolationLightDarkWideOrNarrow(int width, boolean dark, String query)
            throws Exception {
        Path axe = Path.of(".ci/npm/node_modules/axe-core/axe.min.js");
        assumeTrue(Files.exists(axe), "no axe-core: run npm ci --prefix .ci/npm");
        browser.setViewport(width, 900, dark);
        browser.open(url + "/" + query.replace("trace=", "trace=" + slow));
        browser.see("#latency .dot");
        browser.click("#logs .line time", "");
        assertEquals((long) width, browser.run("return document.documentElement.scrollWidth"), "nothing cut");
        assertEquals(List.of(), browser.run("return [...document.querySelectorAll('a, summary, select')]"
                + ".filter(one => one.checkVisibility() && one.getBoundingClientRect().height < 24)"
                + ".map(one => one.outerHTML)"), "targets are at least 24 px high");
        browser.driver.executeCdpCommand("Runtime.evaluate", Map.of("expression", Files.readString(axe)));
        assertEquals(List.of(), browser.driver.executeAsyncScript("const done = arguments[0];"
                + "axe.run({ resultTypes: ['violations'], preload: false }).then(({ violations }) => done(violations"
                + ".filter(one => ['serious', 'critical'].includes(one.impact))"
                + ".map(one => `${one.id}: ${one.nodes[0].html}`)), problem => done([String(problem)]))"));
    }

    /** The real service with its agent. PICTURES=images in the environment also takes the pictures of the README. */
    @Test
    void aSlowRequestOfTheRealServiceIsOneDotOneTraceAndLogLines() throws Exception {
        boolean pictures = System.getenv("PICTURES") != null;
        Path log = folder.resolve("real/app.log");
        int port = freePort();
        var realPocket = new Pocket(URI.create("http://127.0.0.1:" + port + "/metrics"), log, 0, 0);
        var environment = new HashMap<>(Service.exportingTo("http://127.0.0.1:" + realPocket.otlpPort()));
        environment.putAll(Map.of("HTTP_PORT", "" + port, "FAULTS", "on", "SEED", "7"));
        try (realPocket; var real = Service.start(log.getParent(), environment)) {
            browser.open("http://localhost:" + port);
            browser.click("button", "get the menu");
            String response = browser.see("#response", "GET /menu → 200").getText();
            assertTrue(response.matches("(?s).*trace id: [0-9a-f]{32}"), response);
            String order = "{\"item\": \"tea\", \"quantity\": 1}";
            for (int i = 0; i < (pictures ? 300 : 3); i++) {
                real.get(i % 5 == 0 ? "/orders/" + i : "/menu");
                real.post("/orders", order);
                Thread.sleep(pictures ? 100 : 0);
            }
            real.post("/faults", "{\"fault\": \"slow-payments\", \"on\": true}");
            for (int i = 0; i < 3; i++) {
                real.post("/orders", order);
            }

            browser.setViewport(1200, 940, false);
            browser.open("http://localhost:" + realPocket.pagePort() + "/?seconds=60");
            String slowest = browser.await("a dot of more than a second", () -> (String) browser.run(
                    "return charts.latency.dots?.find(dot => dot.seconds > 1)?.trace"));
            browser.see(dot(slowest));
            browser.picture("pocket");
            browser.setViewport(1200, 940, true);
            browser.picture("pocket-dark");
            browser.setViewport(1200, 880, false);
            browser.await("the dot's trace", () -> {
                new Actions(browser.driver).moveToElement(browser.see(dot(slowest))).click().perform();
                return browser.driver.getCurrentUrl().contains(slowest);
            });
            browser.see("#waterfall .span", "authorize card");
            browser.see("#logs.full .line", "/orders");
            browser.picture("pocket-trace");
            browser.open("about:blank");
        }
    }
}
