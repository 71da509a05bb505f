package demo.infra;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LabelCostTest {
    @TempDir
    Path folder;

    @Test
    void aLabelCreatesThreeStreamsPerTrace() throws Exception {
        new LabelCost(100).run(folder, 1);
    }
}
