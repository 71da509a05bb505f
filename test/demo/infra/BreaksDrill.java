package demo.infra;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import demo.drills.Drill;
import demo.json.Json;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.opentest4j.TestAbortedException;

/**
 * Every {@code just break NAME} in the real stack, as native processes on their own ports: {@code verify} reports
 * exactly the listed arrow, and no broken arrow after {@code just mend}. Each break takes about a minute.
 */
public final class BreaksDrill implements Drill {
    private static final List<String> NEEDED = List.of("minio", "loki", "tempo", "alloy");
    /** verify accepts exemplars that are up to ten seconds older than the order. */
    private static final int SECONDS_UNTIL_EXEMPLARS_ARE_OLD = 11;

    @Override
    public String run(Path folder, long seed) throws Exception {
        for (var program : NEEDED) {
            if (!Stack.isOnPath(program)) {
                throw new TestAbortedException(program + " is not on the PATH (nix develop brings it)");
            }
        }
        var output = folder.resolve("output");
        var report = new ArrayList<String>();
        run(0, output, folder, "infra/stack.sh", "up-native");
        try {
            assertEquals(List.of(), broken(output, folder), "before anything was broken");
            for (var row : BreakTest.rows()) {
                if (row[2].equals("links") && !Stack.isOnPath("grafana")) {
                    report.add(row[0] + " skipped: grafana is not on the PATH");
                    continue;
                }
                run(0, output, folder, "infra/break.sh", row[0]);
                TimeUnit.SECONDS.sleep(SECONDS_UNTIL_EXEMPLARS_ARE_OLD);
                try {
                    assertEquals(List.of(row[2]), broken(output, folder), row[0]);
                } finally {
                    run(0, output, folder, "infra/break.sh", "--mend");
                }
                report.add(row[0] + " → " + row[2]);
            }
            assertEquals(List.of(), broken(output, folder), "after the last mend");
        } finally {
            run(0, output, folder, "infra/stack.sh", "down-native");
        }
        return String.join(", ", report);
    }

    private static List<String> broken(Path output, Path folder) throws Exception {
        run(-1, output, folder, Path.of(System.getProperty("java.home"), "bin", "java").toString(), "@build/verify.args", "--json");
        return Json.read(Stack.text(output)).at("arrows").items().stream().filter(arrow -> arrow.at("state").text().equals("broken"))
                .map(arrow -> arrow.at("name").text()).toList();
    }

    /** @param code the expected exit code; -1: any */
    private static void run(int code, Path output, Path folder, String... command) throws IOException, InterruptedException {
        var builder = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile());
        builder.environment().putAll(Map.of("JAVA_HOME", System.getProperty("java.home"), "STACK_DATA", folder.toString()));
        Process process = builder.start();
        assertTrue(process.waitFor(5, TimeUnit.MINUTES), String.join(" ", command) + " did not end within 5 minutes");
        assertTrue(code < 0 || process.exitValue() == code, () -> String.join(" ", command) + ": " + Stack.text(output));
    }
}
