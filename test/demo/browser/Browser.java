package demo.browser;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import java.util.logging.Level;
import java.util.stream.Stream;
import org.openqa.selenium.ElementClickInterceptedException;
import org.openqa.selenium.OutputType;
import org.openqa.selenium.StaleElementReferenceException;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;
import org.openqa.selenium.interactions.Actions;
import org.openqa.selenium.interactions.MoveTargetOutOfBoundsException;
import org.openqa.selenium.logging.LogEntry;
import org.openqa.selenium.logging.LogType;
import org.openqa.selenium.logging.LoggingPreferences;

/** A headless Chromium. */
public final class Browser implements AutoCloseable {
    private static final Duration TIMEOUT = Duration.ofSeconds(60);
    private static final long PAUSE_NANOS = 20_000_000; // a poll costs the browser as much CPU time as the page

    public final ChromeDriver driver;

    /** Skips the test if Chromium or chromedriver is not installed. */
    public Browser() {
        File chromium = program("chromium", "chromium-browser", "google-chrome");
        File chromedriver = program("chromedriver");
        assumeTrue(chromium != null && chromedriver != null,
                "no chromium with chromedriver on the PATH (Debian: apt-get install chromium chromium-driver)");
        var log = new LoggingPreferences();
        log.enable(LogType.BROWSER, Level.WARNING);
        var options = new ChromeOptions();
        options.setBinary(chromium);
        options.addArguments("--headless=new", "--disable-gpu", "--hide-scrollbars", "--disable-dev-shm-usage",
                "--lang=en");
        if ("root".equals(System.getProperty("user.name"))) {
            options.addArguments("--no-sandbox"); // Chromium requires this option for root, for example in CI
        }
        options.setCapability("goog:loggingPrefs", log);
        driver = new ChromeDriver(new ChromeDriverService.Builder().usingDriverExecutable(chromedriver)
                .withSilent(true).build(), options);
        setViewport(1280, 900, false);
    }

    private static File program(String... names) {
        return Stream.of(names).flatMap(name -> Stream.of(System.getenv("PATH").split(File.pathSeparator))
                .map(folder -> new File(folder, name))).filter(File::canExecute).findFirst().orElse(null);
    }

    /** Sets the window's size, in CSS pixels, and whether the system is dark. */
    public void setViewport(int width, int height, boolean dark) {
        driver.executeCdpCommand("Emulation.setDeviceMetricsOverride",
                Map.of("width", width, "height", height, "deviceScaleFactor", 1, "mobile", false));
        driver.executeCdpCommand("Emulation.setEmulatedMedia", Map.of("features",
                List.of(Map.of("name", "prefers-color-scheme", "value", dark ? "dark" : "light"))));
    }

    /** Opens the page and moves the pointer to the corner: a list under the pointer is not updated. */
    public void open(String url) {
        driver.get(url);
        new Actions(driver).moveToLocation(0, 0).perform();
    }

    /** Waits for a visible element with this CSS selector. */
    public WebElement see(String selector) {
        return see(selector, "");
    }

    /** Waits for a visible element with this CSS selector that contains this text. */
    public WebElement see(String selector, String text) {
        return await(selector + " with '" + text + "'", () -> find(selector, text));
    }

    /** Clicks an element when it is visible. Retries if the page has replaced the element. */
    public void click(String selector, String text) {
        await("a click on " + selector + " with '" + text + "'", () -> {
            WebElement found = find(selector, text);
            if (found != null) {
                found.click();
            }
            return found;
        });
    }

    public boolean sees(String selector) {
        return find(selector, "") != null;
    }

    /** In one script: a command of the driver for each of 100 log lines would need more CPU time than the page. */
    private WebElement find(String selector, String text) {
        return (WebElement) run("return [...document.querySelectorAll(arguments[0])]"
                + ".find(one => one.checkVisibility() && (one.innerText ?? '').includes(arguments[1]))",
                selector, text);
    }

    /** Polls until the value is neither null nor false. */
    public <T> T await(String what, Supplier<T> found) {
        long end = System.nanoTime() + TIMEOUT.toNanos();
        while (System.nanoTime() < end) {
            try {
                T value = found.get();
                if (value != null && !value.equals(false)) {
                    return value;
                }
            } catch (StaleElementReferenceException | ElementClickInterceptedException
                    | MoveTargetOutOfBoundsException _) {
                // the page has replaced or moved the element: retry
            }
            LockSupport.parkNanos(PAUSE_NANOS);
        }
        throw new AssertionError("not seen within " + TIMEOUT.toSeconds() + " s: " + what + "\naddress: "
                + driver.getCurrentUrl() + "\npage: " + run("return document.body.innerText.slice(0, 2000)")
                + "\nconsole: " + browserErrors());
    }

    public Object run(String script, Object... arguments) {
        return driver.executeScript(script, arguments);
    }

    /** Saves a picture as build/pictures/NAME.png; PICTURES=images in the environment writes those of the README. */
    public void picture(String name) throws IOException {
        Path folder = Files.createDirectories(Path.of(System.getenv().getOrDefault("PICTURES", "build/pictures")));
        Files.write(folder.resolve(name + ".png"), driver.getScreenshotAs(OutputType.BYTES));
    }

    /** The browser's warnings and errors since the last call, such as violations of the content security policy. */
    public List<String> browserErrors() {
        return driver.manage().logs().get(LogType.BROWSER).getAll().stream().map(LogEntry::getMessage).toList();
    }

    @Override
    public void close() {
        driver.quit();
    }
}
