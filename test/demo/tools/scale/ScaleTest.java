package demo.tools.scale;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

final class ScaleTest {
    @Test
    void scalePageHasTheTableThatTheProgramPrints() throws IOException {
        assertTrue(Files.readString(Path.of("docs/scale.md")).contains(Scale.table()), Scale::table);
    }
}
