package demo.api;

import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * One service process for several test classes; it ends with the tests' JVM. A class that uses it holds
 * {@code @ResourceLock(SharedService.LOCK)}, so that these classes run one after the other.
 *
 * <p>It exports spans, accepts faults, has another name than the default, and runs in a locale with other digits.
 */
final class SharedService {
    static final String LOCK = "demo.api.SharedService";
    static final Path FOLDER;
    static final OtlpReceiver RECEIVER;
    static final Service SERVICE;
    /** The response to GET /menu, the first request. */
    static final HttpResponse<String> FIRST_RESPONSE;
    /** {@code /metrics} after the first request. A later sample of a series may have no exemplar for some seconds. */
    static final String FIRST_SCRAPE;

    static {
        try {
            FOLDER = Files.createTempDirectory("service");
            RECEIVER = new OtlpReceiver();
            var environment = new HashMap<>(Service.exportingTo(RECEIVER.endpoint()));
            environment.putAll(Map.of("OTEL_RESOURCE_ATTRIBUTES", "service.name=shop", "FAULTS", "on", "SEED", "7",
                    "POCKET_PORT", "3456", "LOG_ROTATION_SIZE", "400MB"));
            var builder = Service.process(FOLDER, environment);
            builder.command().addAll(1, List.of("-Duser.language=ar", "-Duser.country=EG"));
            SERVICE = Service.start(builder);
            Runtime.getRuntime().addShutdownHook(new Thread(SharedService::end));
            while (!SERVICE.openMetrics().contains("jvm_virtual_threads_queued")) { // the last metric to be registered
                Thread.onSpinWait();
            }
            FIRST_RESPONSE = SERVICE.get("/menu");
            FIRST_SCRAPE = SERVICE.openMetrics();
        } catch (IOException | InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private SharedService() { }

    private static void end() {
        SERVICE.close();
        try (var files = Files.walk(FOLDER)) {
            files.sorted(Comparator.reverseOrder()).forEach(file -> file.toFile().delete());
        } catch (IOException e) {
            System.err.println("cannot delete " + FOLDER + ": " + e);
        }
    }
}
