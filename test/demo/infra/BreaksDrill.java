package demo.infra;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import demo.drills.Drill;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.opentest4j.TestAbortedException;

/**
 * Every {@code just break NAME} in the real stack, as native processes on their own ports: {@code verify} goes red on the
 * arrow that the README says, on no other, and is green again after {@code just mend}. About a minute each. What the PATH
 * has no program for is left out, and said.
 */
public final class BreaksDrill implements Drill {
    private static final List<String> NEEDED = List.of("supervisord", "minio", "loki", "tempo", "alloy");
    private static final Pattern ROW = Pattern.compile("(?m)^\\| `just break ([\\w-]+)` \\| .+? \\| `([\\w-]+)` \\|$");
    private static final Pattern BROKEN = Pattern.compile("\"name\" : \"([\\w-]+)\",\\s+\"from\" : \"[^\"]*\",\\s+\"to\" : \"[^\"]*\",\\s+\"state\" : \"broken\"");
    /** An exemplar so old is still taken for one of now. */
    private static final int SECONDS_UNTIL_EXEMPLARS_ARE_OLD = 11;

    @Override
    public String run(Path folder, long seed) throws Exception {
        for (var program : NEEDED) {
            if (!OwnJudgesTest.isOnPath(program)) {
                throw new TestAbortedException(program + " is not on the PATH (nix develop brings it)");
            }
        }
        boolean grafana = OwnJudgesTest.isOnPath("grafana");
        var said = folder.resolve("said");
        var told = new ArrayList<String>();
        run(0, said, "infra/stack.sh", "up-native");
        try {
            assertEquals(List.of(), broken(said, grafana), "before anything was broken");
            for (var row : ROW.matcher(Stack.text(Path.of("docs/verify.md"))).results().toList()) {
                if (!grafana && row.group(2).startsWith("link-")) {
                    told.add(row.group(1) + " left out: no grafana");
                    continue;
                }
                run(0, said, "infra/break.sh", row.group(1));
                TimeUnit.SECONDS.sleep(SECONDS_UNTIL_EXEMPLARS_ARE_OLD);
                try {
                    assertEquals(List.of(row.group(2)), broken(said, grafana), row.group(1));
                } finally {
                    run(0, said, "infra/break.sh", "--mend");
                }
                told.add(row.group(1) + " → " + row.group(2));
            }
            assertEquals(List.of(), broken(said, grafana), "after all was mended");
        } finally {
            run(0, said, "infra/stack.sh", "down-native");
        }
        return String.join(", ", told);
    }

    private static List<String> broken(Path said, boolean grafana) throws IOException, InterruptedException {
        var command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "@build/verify.args", "--json"));
        if (!grafana) {
            command.add("--skip=grafana");
        }
        run(-1, said, command.toArray(String[]::new));
        assertTrue(Stack.text(said).contains("\"arrows\""), Stack.text(said));
        return BROKEN.matcher(Stack.text(said)).results().map(found -> found.group(1)).toList();
    }

    /** @param code that it must end with; -1: any */
    private static void run(int code, Path said, String... command) throws IOException, InterruptedException {
        var builder = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(said.toFile());
        builder.environment().putAll(Map.of("JAVA_HOME", System.getProperty("java.home")));
        Process process = builder.start();
        assertTrue(process.waitFor(5, TimeUnit.MINUTES), String.join(" ", command) + " did not end within 5 minutes");
        assertTrue(code < 0 || process.exitValue() == code, () -> String.join(" ", command) + ": " + Stack.text(said));
    }
}
