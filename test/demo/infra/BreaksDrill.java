package demo.infra;

import static org.junit.jupiter.api.Assertions.assertEquals;

import demo.drills.Drill;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

/**
 * Every {@code just break NAME} in the real stack, as native processes on their own ports: {@code verify} reports
 * exactly the listed arrow, and no broken arrow after {@code just mend}. Each break takes about a minute.
 */
public final class BreaksDrill implements Drill {
    /** verify accepts exemplars that are up to ten seconds older than the order. */
    private static final int SECONDS_UNTIL_EXEMPLARS_ARE_OLD = 11;

    private Path data;

    @Override
    public String run(Path folder, long seed) throws Exception {
        Stack.skipUnlessOnPath("minio", "loki", "tempo", "alloy");
        data = folder;
        var report = new ArrayList<String>();
        run(0, "infra/stack.sh", "up-native");
        try {
            assertEquals(List.of(), broken(), "before anything was broken");
            for (var row : BreakTest.rows()) {
                if (row[2].equals("links") && !Stack.isOnPath("grafana")) {
                    report.add(row[0] + " skipped: grafana is not on the PATH");
                    continue;
                }
                run(0, "infra/break.sh", row[0]);
                TimeUnit.SECONDS.sleep(SECONDS_UNTIL_EXEMPLARS_ARE_OLD);
                try {
                    assertEquals(List.of(row[2]), broken(), row[0]);
                } finally {
                    run(0, "infra/break.sh", "--mend");
                }
                report.add(row[0] + " → " + row[2]);
            }
            assertEquals(List.of(), broken(), "after the last mend");
        } finally {
            run(0, "infra/stack.sh", "down-native");
        }
        return String.join(", ", report);
    }

    private List<String> broken() throws Exception {
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        return Pattern.compile("(?m)^BROKEN +(\\S+)").matcher(run(-1, java, "@build/verify.args")).results()
                .map(line -> line.group(1)).toList();
    }

    private String run(int code, String... command) throws IOException, InterruptedException {
        return Stack.run(code, Map.of("JAVA_HOME", System.getProperty("java.home"), "STACK_DATA", data.toString()),
                List.of(command));
    }
}
