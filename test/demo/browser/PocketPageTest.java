package demo.browser;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpServer;
import demo.tools.pocket.FakeService;
import demo.tools.pocket.PocketProcess;
import io.opentelemetry.proto.trace.v1.Span.SpanKind;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
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
import org.openqa.selenium.WindowType;
import org.openqa.selenium.interactions.Actions;

/** The page as a person uses it: on the contract of the observed service, at last on the service itself. */
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
        browser.see("#inputs", "scrape"); // what was counted before the first scrape has no time
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
    void nothingToComplainAbout() {
        assertEquals(List.of(), browser.complaints());
        browser.look(1280, 900, false);
    }

    private static String request(String method, String route, int status, double seconds, String message) throws Exception {
        return service.request(pocket.otlpPort, method, route, status, seconds, message);
    }

    private static String dot(String trace) {
        return "#latency .dot[data-trace='" + trace + "']";
    }

    @Test
    void showsTheRequestJustMadeInAllThreePillars() throws Exception {
        browser.open(pocket.url);

        String trace = request("POST", "/orders", 201, 2.2, "order taken slowly");

        browser.see(dot(trace));
        browser.see("#logs .line", "order taken slowly");
        browser.see("#traces a[href*='" + trace + "']", "POST /orders");
        browser.see("#routes td", "/orders");
    }

    @Test
    void aDotOpensItsTraceWithItsLogLinesAndBackReturns() throws Exception {
        String trace = request("POST", "/orders", 503, 3.1, "payment refused by the card terminal");
        browser.open(pocket.url);

        clickOn(trace);

        browser.see("#trace h2", "POST /orders");
        browser.see("#waterfall .span.failed", "POST /orders");
        browser.see("#waterfall .error", "the card terminal did not answer");
        browser.see("#logs.full .line", "payment refused by the card terminal");
        assertTrue(browser.driver.getCurrentUrl().contains("trace=" + trace));
        browser.driver.navigate().back();
        browser.see("#traces");
        assertFalse(browser.sees("#trace"));
    }

    @Test
    void aLogLineOpensItsTraceAndUnfoldsItsFields() throws Exception {
        String trace = request("GET", "/orders/{id}", 404, 0.011, "no such order 4711");
        browser.open(pocket.url + "/?text=order+4711");

        browser.see("#logs .line", "no such order 4711");
        browser.click("#logs .line time", "");
        browser.see("#logs dl", trace);
        browser.click("#logs .line a.message", "no such order 4711");

        browser.see("#trace h2", "GET /orders/{id}");
    }

    @Test
    void aSpansRouteShowsItsCharts() throws Exception {
        String trace = request("GET", "/menu", 200, 0.02, "menu read");
        browser.open(pocket.url + "/?trace=" + trace);

        browser.click("#waterfall .span a", "POST /payments");

        browser.await("the route in the address", () -> browser.driver.getCurrentUrl().contains("route=%2Fpayments"));
        browser.await("the route chosen", () -> "/payments".equals(browser.see("[name=route]").getDomProperty("value")));
        browser.see("#trace h2", "GET /menu");
    }

    @Test
    void aSelectedSpikeShowsItsSlowestTracesAndErrorLines() throws Exception {
        String slow = request("POST", "/orders", 503, 4.9, "this order failed in the spike");
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
        assertEquals("slowest", browser.see("[name=order]").getDomProperty("value"));
        browser.click("#span a", "");
        browser.await("no time in the address", () -> !browser.driver.getCurrentUrl().contains("from="));
    }

    @Test
    void theAddressHoldsWhatIsShown() throws Exception {
        request("POST", "/orders", 503, 0.2, "only this one failed so");
        browser.open(pocket.url + "/?level=ERROR&method=POST&text=only+this&seconds=900&order=failed&route=%2Forders");

        browser.see("#logs .line", "only this one failed so");
        assertEquals(1L, browser.run("return document.querySelectorAll('#logs .line').length"));
        assertEquals("ERROR", browser.see("[name=level]").getDomProperty("value"));
        assertEquals("POST", browser.see("[name=method]").getDomProperty("value"));
        assertEquals("failed", browser.see("[name=order]").getDomProperty("value"));
        assertEquals("900", browser.see("[name=seconds]").getDomProperty("value"));
        browser.see("#traces .failed");
    }

    @Test
    void whatIsHostileStaysText() throws Exception {
        String hostile = "<img src=x onerror=\"document.title='taken'\"><script>document.title='taken'</script>\"},{\"forged\":\"";
        byte[] id = {66, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
        long now = System.currentTimeMillis() * 1_000_000;
        service.line("ERROR", hostile, HexFormat.of().formatHex(id), "00f067aa0ba902b7", "");
        service.send(pocket.otlpPort, FakeService.request(hostile, FakeService.span(id, new byte[] {1, 0, 0, 0, 0, 0, 0, 0}, null, hostile,
                SpanKind.SPAN_KIND_SERVER, now, now + 7_000)
                .addAttributes(FakeService.text(hostile, hostile)).addAttributes(FakeService.text("http.route", hostile)).build()));
        Files.writeString(folder.resolve("app.log"), "half a line " + hostile + "\n", StandardOpenOption.APPEND);

        browser.open(pocket.url);
        browser.see("#logs .line", hostile);
        browser.see("#logs .line", "half a line <img");
        browser.see("#traces li", "<img");
        browser.click("#logs a.message", hostile);
        browser.see("#trace h2", "<img");
        browser.click("#waterfall .took", "");
        browser.see("#waterfall dl", hostile);

        assertEquals(0L, browser.run("return document.querySelectorAll('img, body script').length"));
        assertEquals("Pocket: metrics, logs and traces", browser.driver.getTitle());
    }

    @Test
    void theKeyboardAloneReachesARequestsLogLine() throws Exception {
        String trace = request("GET", "/menu", 200, 1.5, "menu read with cold milk");
        String slower = request("POST", "/orders", 201, 2.6, "order that the same moment took longer");
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
        tabTo("#logs.full .line");
        press(Keys.SPACE);
        browser.see("#logs.full dl", trace);
    }

    /**
     * Until it is opened: a dot moves as time goes on. Whichever is on top is hit; an order and its payment have a dot
     * each, of one trace.
     */
    private static void clickOn(String trace) {
        browser.await("the dot's trace", () -> {
            new Actions(browser.driver).moveToElement(browser.see(dot(trace))).click().perform();
            return browser.sees("#trace h2");
        });
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
    void aSiteInAnotherTabCannotReadIt() throws Exception {
        HttpServer other = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
        other.createContext("/", exchange -> {
            byte[] page = "<!doctype html><link rel=icon href='data:,'><title>other</title>".getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(200, page.length);
            exchange.getResponseBody().write(page);
            exchange.close();
        });
        other.start();
        try {
            browser.open("http://127.0.0.1:" + other.getAddress().getPort() + "/");

            Object read = browser.driver.executeAsyncScript("const done = arguments[1];"
                    + "fetch(arguments[0]).then(answer => answer.text(), () => 'refused').then(done)", pocket.url + "/api/logs");
            Object script = browser.driver.executeAsyncScript("const done = arguments[1]; const script = document.createElement('script');"
                    + "script.src = arguments[0]; script.onload = () => done('loaded'); script.onerror = () => done('refused');"
                    + "document.head.append(script)", pocket.url.replace("localhost", "127.0.0.1") + "/api/status");

            assertEquals("refused", read);
            assertEquals("refused", script);
            assertEquals(403, pocket.get("/api/logs", "Origin", "http://127.0.0.1:" + other.getAddress().getPort()).statusCode());
        } finally {
            other.stop(0);
            browser.complaints(); // those are the browser's own refusals, expected here
        }
    }

    /** A browser opens six connections to a host, so that only a page that is seen may hold one. */
    @Test
    void manyTabsOfOneBrowserAreAllAnswered() {
        String first = browser.driver.getWindowHandle();
        List<String> tabs = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            browser.driver.switchTo().newWindow(WindowType.TAB);
            browser.open(pocket.url);
            browser.see("#inputs", "scrape");
            tabs.add(browser.driver.getWindowHandle());
        }
        browser.driver.switchTo().window(tabs.getFirst());
        browser.driver.executeScript("document.querySelector('#inputs').textContent = 'gone'");
        browser.see("#inputs", "scrape");
        for (String tab : tabs) {
            browser.driver.switchTo().window(tab).close();
        }
        browser.driver.switchTo().window(first);
    }

    @Test
    void aFirstVisitSaysWhatIsComingAndFromWhere() throws Exception {
        try (var empty = new PocketProcess(1, folder.resolve("none/app.log"))) {
            browser.open(empty.url);

            browser.see("#away", "Waiting for the service: http://127.0.0.1:1/metrics");
            browser.see("#routes", "about a second after they were answered");
            browser.see("#logs", "none/app.log");
            browser.see("#traces", "http://127.0.0.1:" + empty.otlpPort + "/v1/traces");
            for (var stack : Map.of("rate", "Mimir", "latency", "exemplars", "logs", "Loki", "traces", "Tempo").entrySet()) {
                browser.see("#" + stack.getKey() + " footer", stack.getValue());
            }
            browser.click("#logs summary", "");
            browser.see("#logs footer code", "{service=\"api\"}");
            browser.picture("first-visit");
            browser.open("about:blank");
        }
    }

    @Test
    void keepsWhatItHasWhenTheServiceIsAwayAndGoesOnWhenItIsBack() throws Exception {
        Path log = folder.resolve("two/app.log");
        var fake = new FakeService(log, 0, new Random(4));
        try (fake; var two = new PocketProcess(fake.port(), log)) {
            browser.open(two.url);
            browser.see("#inputs", "scrape");
            String trace = fake.request(two.otlpPort, "GET", "/menu", 200, 0.3, "the last one");
            browser.see(dot(trace));
            fake.close();

            browser.see("#away", "The service is away since");
            browser.see("#logs .line", "the last one");
            browser.see(dot(trace));
            try (var back = new FakeService(log, fake.port(), new Random(5))) {
                browser.await("the service back", () -> !browser.sees("#away"));
                String next = back.request(two.otlpPort, "GET", "/menu", 200, 0.4, "the first after it");
                browser.see(dot(next));
                browser.see("#logs .line", "the first after it");
            }
            browser.open("about:blank");
        }
    }

    /** The service's own page, under its policy. */
    @Test
    @Order(Integer.MAX_VALUE - 1)
    void theServicesOwnPageMakesRequestsAndShowsTheirTrace() {
        browser.await("the service", () -> quickStart.slowPayments(false));
        browser.open(quickStart.api);

        browser.click("button", "look at the menu");

        String answer = browser.see("#answer", "GET /menu → 200").getText();
        assertTrue(answer.matches("(?s).*trace id: [0-9a-f]{32}"), answer);
    }

    /** The last: by then the service has been running for a while. Its pictures are those of the README. */
    @Test
    @Order(Integer.MAX_VALUE)
    void aNewcomerSeesASlowRequestAndReachesItsLogLineInTwoClicks() throws Exception {
        browser.await("the service", () -> quickStart.slowPayments(true));
        browser.look(1200, 940, false);
        browser.open(quickStart.pocket);
        browser.await("some slow orders", () -> quickStart.slowOrders() > 1);
        assertTrue(quickStart.slowPayments(false));
        String slow = (String) browser.await("the highest dot", () -> browser.run("return [...document.querySelectorAll('#latency .dot')]"
                + ".sort((a, b) => a.getAttribute('cy') - b.getAttribute('cy'))[0]?.dataset.trace"));
        browser.picture("pocket");
        Object light = background();

        browser.look(1200, 880, true);
        clickOn(slow);
        browser.see("#waterfall .span", "authorize card");
        browser.see("#logs.full .line", "/orders");
        browser.picture("pocket-trace");
        assertNotEquals(light, background());
        browser.click("#logs.full .line time", "");
        browser.see("#logs.full dl", slow);

        browser.look(390, 844, false);
        browser.open(quickStart.pocket);
        browser.see("#latency .dot");
        browser.picture("pocket-narrow");
        assertEquals(390L, browser.run("return document.documentElement.scrollWidth"), "nothing sticks out");
    }

    private static Object background() {
        return browser.run("return getComputedStyle(document.body).backgroundColor");
    }
}
