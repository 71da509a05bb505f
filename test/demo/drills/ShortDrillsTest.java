package demo.drills;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Drills in their short form; {@link Drills} has the long ones, {@code KillTest} and {@code LimitsTest} have others. */
class ShortDrillsTest {
    @TempDir
    private Path folder;

    @Test
    void everyLineIsAccountedForWhenTheDiskIsFullAndWhenItIsReadOnly() throws Exception {
        try (var drill = new DiskDrill(folder, "100kB", 1)) {
            drill.full(1);
            drill.readOnly(1);
            drill.account();
        }
    }

    @Test
    void nothingThatIsReadOrWrittenBreaksAPromise() throws Exception {
        new FuzzDrill(AllFuzz.class, 12_000).run(folder, 1);
    }
}
