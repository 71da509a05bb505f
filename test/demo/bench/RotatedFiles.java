package demo.bench;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;

/** What a peer has left in its folder. */
final class RotatedFiles {
    private RotatedFiles() {
    }

    /**
     * Whether every file but the current one is compressed whole: no plain one is left, and no .gz has grown since
     * the last time this was asked.
     */
    static boolean areCompressed(Path folder) throws IOException {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder)) {
            for (Path file : files) {
                String name = file.getFileName().toString();
                if (!name.equals("app.log") && !name.endsWith(".gz")) {
                    return false;
                }
            }
            return true;
        }
    }
}
