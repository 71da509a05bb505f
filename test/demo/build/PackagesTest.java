package demo.build;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Dependencies between the packages go one way: the service does not know the tools, and the tools not the service. */
class PackagesTest {
    private static final Path SOURCES = Path.of("src/demo");
    private static final Pattern REFERENCE = Pattern.compile("\\bdemo((?:\\.[a-z]\\w*)+)\\.[A-Z*]");
    /** The packages that each package may refer to; {@code tools}: each package below demo.tools. */
    private static final Map<String, List<String>> ALLOWED = Map.of(
            "settings", List.of(),
            "json", List.of(),
            "log", List.of(),
            "trace", List.of(),
            "trace.agent", List.of(),
            "metrics", List.of("log"),
            "api", List.of("log", "metrics", "trace", "settings", "json"),
            "tools", List.of("settings", "json"));

    @Test
    void packagesReferOnlyToAllowedPackages() throws IOException {
        var wrong = new TreeSet<String>();
        try (var files = Files.walk(SOURCES)) {
            for (Path file : files.filter(path -> path.toString().endsWith(".java")).toList()) {
                String own = SOURCES.relativize(file.getParent()).toString().replace('/', '.');
                List<String> allowed = ALLOWED.get(own.startsWith("tools.") ? "tools" : own);
                assertTrue(allowed != null, "add " + own + " to this test");
                REFERENCE.matcher(code(file)).results().map(match -> match.group(1).substring(1))
                        .filter(other -> !other.equals(own) && !allowed.contains(other))
                        .forEach(other -> wrong.add(file + " refers to demo." + other));
            }
        }
        assertEquals(new TreeSet<String>(), wrong);
    }

    /** The source without comments. */
    private static String code(Path file) throws IOException {
        return Files.readString(file).replaceAll("(?s)/\\*.*?\\*/", "").replaceAll("(?m)//.*$", "");
    }
}
