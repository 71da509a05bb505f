package demo.drills;

import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Short forms of some drills; {@link Drills} has the long forms. */
@Order(1)
class ShortDrillsTest {
    @TempDir
    private Path folder;

    @Test
    void countsEveryLineWhenDiskIsFullOrReadOnly() throws Exception {
        try (var drill = new DiskDrill(folder, "100kB", Duration.ofMillis(20))) {
            drill.full(1);
            drill.readOnly(1);
            drill.account();
        }
    }

    @Test
    void noRandomRequestGetsA500() throws Exception {
        new FuzzDrill(1_500).run(folder, 1);
    }
}
