package demo.infra;

import static org.junit.jupiter.api.Assertions.assertEquals;

import demo.drills.Drill;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

/**
 * Every {@code just break NAME} in the real stack: {@code verify} reports exactly the listed arrow, and no broken arrow
 * after {@code just mend}. Each break takes about a minute.
 */
public final class BreaksDrill implements Drill {
    /** verify accepts exemplars that are up to ten seconds older than the order. */
    private static final int SECONDS_UNTIL_EXEMPLARS_ARE_OLD = 11;

    @Override
    public String run(Path folder, long seed) throws Exception {
        var report = new ArrayList<String>();
        try (var stack = new NativeStack(folder)) {
            assertEquals(List.of(), broken(stack), "before anything was broken");
            for (var row : BreakTest.rows()) {
                if (row[2].equals("links") && !Stack.isOnPath("grafana")) {
                    report.add(row[0] + " skipped: grafana is not on the PATH");
                    continue;
                }
                stack.run(0, List.of("infra/break.sh", row[0]));
                TimeUnit.SECONDS.sleep(SECONDS_UNTIL_EXEMPLARS_ARE_OLD);
                assertEquals(List.of(row[2]), broken(stack), row[0]);
                stack.run(0, List.of("infra/break.sh", "--mend"));
                report.add(row[0] + " → " + row[2]);
            }
            assertEquals(List.of(), broken(stack), "after the last mend");
        }
        return String.join(", ", report);
    }

    private static List<String> broken(NativeStack stack) throws Exception {
        String verified = stack.run(-1, List.of("build/jdk/bin/java", "@build/verify.args"));
        return Pattern.compile("(?m)^BROKEN +(\\S+)").matcher(verified).results().map(line -> line.group(1)).toList();
    }
}
