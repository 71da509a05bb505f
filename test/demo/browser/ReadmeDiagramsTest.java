package demo.browser;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The README's diagrams, drawn by mermaid itself in a real Chromium. */
class ReadmeDiagramsTest {
    private static final String MERMAID = "/META-INF/resources/webjars/mermaid/11.14.0/dist/mermaid.min.js";
    private static final Pattern BLOCK = Pattern.compile("(?ms)^ *```mermaid\\n(.*?)^ *```");

    private static Browser browser;

    @BeforeAll
    static void start() throws IOException {
        browser = new Browser();
        browser.open("about:blank");
        try (var mermaid = ReadmeDiagramsTest.class.getResourceAsStream(MERMAID)) {
            browser.run("const it = document.createElement('script'); it.textContent = arguments[0]; document.head.append(it);"
                    + "mermaid.initialize({startOnLoad: false});", new String(mermaid.readAllBytes(), StandardCharsets.UTF_8));
        }
    }

    @AfterAll
    static void stop() {
        if (browser != null) {
            browser.close();
        }
    }

    @Test
    void everyDiagramIsDrawn() throws IOException {
        List<String> diagrams = BLOCK.matcher(Files.readString(Path.of("README.md"))).results().map(block -> block.group(1)).toList();

        assertTrue(diagrams.size() >= 3, diagrams.toString());
        for (String diagram : diagrams) {
            assertTrue(drawn(diagram).startsWith("<svg "), () -> drawn(diagram) + "\n" + diagram);
        }
    }

    @Test
    void aDiagramThatIsNoneIsRefused() {
        assertTrue(drawn("flowchart LR\n    A -->|to B\n").startsWith("Parse error on line "));
    }

    /** The drawing, or what mermaid says against it. */
    private static String drawn(String diagram) {
        return (String) browser.run("return mermaid.render('drawing', arguments[0]).then(it => it.svg, refused => refused.message)", diagram);
    }
}
