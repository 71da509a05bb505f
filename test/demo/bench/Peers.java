package demo.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Peers in other languages, built in build/ by their own tools. Null if the build fails; the reason is on stdout. */
final class Peers {
    private static final Path GO_SOURCE = Path.of("test/demo/bench/go-peer");
    private static final Path PYTHON_SOURCE = Path.of("test/demo/bench/original");
    private static final Path PYTHON = Path.of("build/python");

    private Peers() {
    }

    /** Go's net/http with otelhttp, zap and client_golang. */
    static List<String> go() throws InterruptedException {
        Path program = Path.of("build/go-peer").toAbsolutePath();
        String failure = failure("go", "-C", GO_SOURCE.toString(), "build", "-o", program.toString(), ".");
        return failure == null ? List.of(program.toString()) : skipped("Go", failure);
    }

    /** The demo's original: FastAPI with its packages in a virtual environment. */
    static List<String> fastApi() throws IOException, InterruptedException {
        Path wanted = PYTHON_SOURCE.resolve("requirements.txt");
        Path installed = PYTHON.resolve("requirements.txt");
        String python = PYTHON.resolve("bin/python").toString();
        if (!Files.exists(installed) || Files.mismatch(installed, wanted) >= 0) {
            String failure = failure("python3", "-m", "venv", "--clear", PYTHON.toString());
            failure = failure != null ? failure
                    : failure(python, "-m", "pip", "install", "--quiet", "-r", wanted.toString());
            if (failure != null) {
                return skipped("FastAPI", failure);
            }
            Files.copy(wanted, installed);
        }
        return List.of(python, PYTHON_SOURCE.resolve("app.py").toString(), Integer.toString(ServerProcess.freePort()));
    }

    private static List<String> skipped(String peer, String reason) {
        System.out.println("skipped: " + peer + ": " + reason + "\n");
        return null;
    }

    /** The last line that a failed command printed; null when the command succeeded. */
    private static String failure(String... command) throws InterruptedException {
        try {
            Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
            String output = new String(process.getInputStream().readAllBytes()).strip();
            return process.waitFor() == 0 ? null : output.substring(output.lastIndexOf('\n') + 1);
        } catch (IOException e) {
            return e.getMessage();
        }
    }
}
