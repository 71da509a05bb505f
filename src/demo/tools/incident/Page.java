package demo.tools.incident;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Pattern;

/**
 * A page of incidents/, the only place that knows an incident. A comment at its end, invisible when rendered, names the
 * fault, the traffic (visits per second, TRAFFIC_MIX), and the file and the method of the cause:
 *
 * <pre>
 *   &lt;!-- fault: slow-payments; rate: 10; mix: menu=50,order=35; cause: src/demo/api/PaymentHandler.java pay --&gt;
 * </pre>
 *
 * @param name  the file name without {@code .md}
 * @param quote what a person reports
 * @param story Markdown; its first Java block is the code of the cause
 */
record Page(String name, String quote, List<String> hints, String story, String fault, String rate, String mix,
        Path causeFile, String causeMethod) {
    private static final Pattern PAGE = Pattern.compile("(?s).*?\n> ([^\n]*).*"
            + "<!-- fault: (\\S+); rate: (\\S+); mix: (\\S+); cause: (\\S+) (\\S+) -->\\s*");
    private static final Pattern DETAILS = Pattern.compile("(?s)<details><summary>(.*?)</summary>(.*?)</details>");
    private static final Pattern CODE = Pattern.compile("```java\\s+(.*)");

    /** The lines of the cause's method, and in it the line of the cause; counted from 1. */
    record Cause(int firstLine, int lastLine, int line) {}

    static List<Page> all(Path folder) throws IOException {
        var pages = new ArrayList<Page>();
        try (var files = Files.newDirectoryStream(folder, "*.md")) {
            for (var file : files) {
                var text = Files.readString(file);
                var parts = DETAILS.matcher(text).results()
                        .map(part -> part.group(1) + "\n\n" + part.group(2).strip()).toList();
                var page = PAGE.matcher(text);
                if (!page.matches() || parts.size() < 2) {
                    throw new IOException(file + ": expected a quote, hints, a story and the comment with the fault");
                }
                pages.add(new Page(file.getFileName().toString().replace(".md", ""), page.group(1),
                        parts.subList(0, parts.size() - 1), parts.getLast(), page.group(2), page.group(3),
                        page.group(4), Path.of(page.group(5)), page.group(6)));
            }
        }
        pages.sort(Comparator.comparing(Page::name));
        return pages;
    }

    /** Finds the cause in today's source: the method by its name, the line by the story's code. */
    Cause cause() throws IOException {
        var code = CODE.matcher(story);
        var lines = Files.readAllLines(causeFile).stream().map(String::stripTrailing).toList();
        int first = 0;
        while (first < lines.size() && !lines.get(first).matches("    \\S.* " + causeMethod + "\\(.*[{,]")) {
            first++;
        }
        var rest = lines.subList(first, lines.size());
        var method = rest.subList(0, rest.indexOf("    }") + 1);
        int line = code.find() ? method.stream().map(String::strip).toList().indexOf(code.group(1).strip()) : -1;
        if (line < 0) {
            throw new IOException("found no method " + causeMethod + " with the story's code in " + causeFile);
        }
        return new Cause(first + 1, first + method.size(), first + line + 1);
    }
}
