package demo.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The demo's original stack (FastAPI), with its packages in an environment of its own below build/. */
final class Original {
    private static final Path SOURCE = Path.of("test/demo/bench/original");
    private static final Path ENVIRONMENT = Path.of("build/python");
    private static final Path INSTALLED = ENVIRONMENT.resolve("requirements.txt");

    private Original() {
    }

    /** Makes the environment where it is not there yet; null, and a word on why, where that can't be. */
    static List<String> command() throws IOException, InterruptedException {
        Path wanted = SOURCE.resolve("requirements.txt");
        String python = ENVIRONMENT.resolve("bin/python").toString();
        if (!Files.exists(INSTALLED) || Files.mismatch(INSTALLED, wanted) >= 0) {
            String why = failure("python3", "-m", "venv", ENVIRONMENT.toString());
            why = why != null ? why : failure(python, "-m", "pip", "install", "--quiet", "--requirement", wanted.toString());
            if (why != null) {
                System.out.println("skipped: the original's stack, because there is no Python with what " + wanted
                        + " names: " + why + "\n");
                return null;
            }
            Files.copy(wanted, INSTALLED, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
        }
        return List.of(python, SOURCE.resolve("app.py").toString(), Integer.toString(Together.freePort()));
    }

    /** The last line that a command said when it failed; null when it did not. */
    private static String failure(String... command) throws InterruptedException {
        try {
            Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
            String said = new String(process.getInputStream().readAllBytes()).strip();
            return process.waitFor() == 0 ? null : said.substring(said.lastIndexOf('\n') + 1);
        } catch (IOException e) {
            return e.getMessage();
        }
    }
}
