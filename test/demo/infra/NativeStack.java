package demo.infra;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * The full stack as native processes ({@code just up-native}), with its data in a folder. Stops also when the drills
 * are interrupted. A drill is skipped unless the real services are on the PATH.
 */
final class NativeStack implements AutoCloseable {
    private final Path folder;

    NativeStack(Path folder) throws Exception {
        Stack.skipUnlessOnPath("minio|silo", "mimir|prometheus", "loki", "tempo", "alloy");
        this.folder = folder;
        Runtime.getRuntime().addShutdownHook(new Thread(this::close));
        try {
            script("up");
        } catch (Exception | AssertionError e) {
            close(); // a part of the stack may run
            throw e;
        }
    }

    /** A verb of native.sh. */
    void script(String verb, String... services) throws Exception {
        run(0, Stream.concat(Stream.of("infra/native/native.sh", verb), Stream.of(services)).toList());
    }

    /** {@code kill -9}. */
    void kill(String service) throws Exception {
        String pid = Stack.text(folder.resolve("native/" + service + ".pid")).split(" ")[0];
        ProcessHandle.of(Long.parseLong(pid)).orElseThrow().destroyForcibly();
    }

    /** Runs a command for this stack. @param code the expected exit code; -1: any */
    String run(int code, List<String> command) throws Exception {
        return Stack.run(code, Map.of("JAVA_HOME", System.getProperty("java.home"), "STACK_DATA", folder.toString(),
                "LOG_ROTATION_SIZE", "100kB"), command); // rotates every few seconds
    }

    /** For the second time does nothing. */
    @Override
    public void close() {
        try {
            if (Files.exists(folder)) {
                script("down");
            }
        } catch (Exception | AssertionError e) {
            System.err.println("native stack: " + e);
        }
    }
}
