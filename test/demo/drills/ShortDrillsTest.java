package demo.drills;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Short forms of some drills; {@link Drills} has the long forms. */
class ShortDrillsTest {
    @TempDir
    private Path folder;

    @Test
    void countsEveryLineWhenDiskIsFullOrReadOnly() throws Exception {
        try (var drill = new DiskDrill(folder, "100kB")) {
            drill.full(1);
            drill.readOnly(1);
            drill.account();
        }
    }

    @Test
    void fuzzedInputsBreakNoPromise() throws Exception {
        new FuzzDrill(AllFuzz.class, 12_000).run(folder, 1);
    }
}
