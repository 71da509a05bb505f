package demo.log;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFilePermission;
import java.util.EnumSet;

/** Who may read and write a file. Any thread may call. */
final class Permissions {
    private Permissions() {
    }

    /**
     * Lets the same people at a file as at another, and always its owner: who closed the log to others means what comes
     * of it, too. Where the system knows no such permissions, or refuses, the file keeps its own.
     */
    static void copy(Path from, Path to) {
        try {
            var target = Files.getFileAttributeView(to, PosixFileAttributeView.class);
            if (target != null) {
                var wanted = EnumSet.of(PosixFilePermission.OWNER_READ, PosixFilePermission.OWNER_WRITE);
                wanted.addAll(Files.getPosixFilePermissions(from));
                if (!wanted.equals(target.readAttributes().permissions())) {
                    target.setPermissions(wanted);
                }
            }
        } catch (IOException e) {
            // It is no reason to lose lines.
        }
    }
}
