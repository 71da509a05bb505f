package demo.build;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.support.descriptor.ClassSource;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.TestPlan;

/**
 * Writes build/test-summary.txt, which {@code ./build.sh test} prints last: the slowest classes, including their
 * {@code @BeforeAll}, then {@code N passed, N failed}. A failed container counts as one failure.
 */
public final class TestSummary implements TestExecutionListener {
    private static final int SLOWEST = 10;

    private final Map<String, Long> startNanos = new ConcurrentHashMap<>(); // by unique id
    private final Map<String, Double> classSeconds = new ConcurrentHashMap<>();
    private int passed; // guarded by this
    private int failed; // guarded by this
    private int skipped; // guarded by this

    @Override
    public void executionStarted(TestIdentifier test) {
        startNanos.put(test.getUniqueId(), System.nanoTime());
    }

    @Override
    public synchronized void executionSkipped(TestIdentifier test, String reason) {
        skipped++;
    }

    @Override
    public synchronized void executionFinished(TestIdentifier test, TestExecutionResult result) {
        if (test.getSource().orElse(null) instanceof ClassSource source) {
            classSeconds.put(source.getClassName(), (System.nanoTime() - startNanos.get(test.getUniqueId())) / 1e9);
        }
        switch (result.getStatus()) {
            case SUCCESSFUL -> passed += test.isTest() ? 1 : 0;
            case ABORTED -> skipped++;
            case FAILED -> failed++;
        }
    }

    @Override
    public synchronized void testPlanExecutionFinished(TestPlan plan) {
        List<String> lines = new ArrayList<>(List.of("slowest classes:"));
        classSeconds.entrySet().stream().sorted(Map.Entry.comparingByValue(Comparator.reverseOrder())).limit(SLOWEST)
                .forEach(slow -> lines.add(String.format("%7.1f s  %s", slow.getValue(), slow.getKey())));
        if (passed + failed == 0) {
            lines.add(skipped == 0 ? "found no such test class" : "no test could run here");
            failed = 1;
        }
        lines.add(passed + " passed, " + failed + " failed"
                + (skipped == 0 ? "" : ", " + skipped + " skipped"));
        try {
            Files.write(Path.of("build/test-summary.txt"), lines);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
