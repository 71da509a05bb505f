package demo.browser;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The diagrams of the README and of docs/, rendered by mermaid in Chromium. */
class DiagramsTest {
    private static final String MERMAID = "/META-INF/resources/webjars/mermaid/11.14.0/dist/mermaid.min.js";
    private static final Pattern BLOCK = Pattern.compile("(?ms)^ *```mermaid\\n(.*?)^ *```");

    private static Browser browser;

    @BeforeAll
    static void start() throws IOException {
        browser = new Browser();
        browser.open("about:blank");
        try (var mermaid = DiagramsTest.class.getResourceAsStream(MERMAID)) {
            browser.run("const script = document.createElement('script'); script.textContent = arguments[0];"
                    + "document.head.append(script); mermaid.initialize({startOnLoad: false});",
                    new String(mermaid.readAllBytes(), StandardCharsets.UTF_8));
        }
    }

    @AfterAll
    static void stop() {
        if (browser != null) {
            browser.close();
        }
    }

    @Test
    void mermaidRendersEveryDiagram() throws IOException {
        assertTrue(rendered("flowchart LR\n    A -->|to B\n").startsWith("Parse error on line "), "reports errors");
        assertTrue(BLOCK.matcher(Files.readString(Path.of("README.md"))).find());
        try (var pages = Stream.concat(Stream.of(Path.of("README.md")), Files.list(Path.of("docs")))) {
            for (Path page : pages.filter(page -> page.toString().endsWith(".md")).toList()) {
                for (var block : BLOCK.matcher(Files.readString(page)).results().toList()) {
                    String rendered = rendered(block.group(1));
                    assertTrue(rendered.startsWith("<svg "), page + ": " + rendered + "\n" + block.group(1));
                }
            }
        }
    }

    /** The SVG, or mermaid's error message. */
    private static String rendered(String diagram) {
        return (String) browser.run("return mermaid.render('drawing', arguments[0])"
                + ".then(drawing => drawing.svg, error => error.message)", diagram);
    }
}
