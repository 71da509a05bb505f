package demo.log;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The short form of {@link KillDrill}. */
class KillTest {
    @Test
    void everyReturnedLineIsInTheFilesOnceAndInOrderAfterKills(@TempDir Path folder) throws Exception {
        new KillDrill(folder, 200_000).drill(4, 40_000, 11);
    }
}
