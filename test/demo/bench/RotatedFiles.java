package demo.bench;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;

/** What a peer has left in its folder. */
final class RotatedFiles {
    private RotatedFiles() {
    }

    /** Whether no more plain files are left than are being written. */
    static boolean areCompressed(Path folder, int current) throws IOException {
        int plain = 0;
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder)) {
            for (Path file : files) {
                String name = file.getFileName().toString();
                if (!name.endsWith(".gz")) {
                    plain++;
                }
            }
            return plain <= current;
        }
    }
}
