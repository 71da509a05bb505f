package demo.tools.verify;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.ToDoubleFunction;
import java.util.regex.Pattern;

/**
 * Whether a backend has written to its bucket, by the backend's own metrics. They exist for every kind of S3 and count
 * data, not the objects of the backend's own bookkeeping.
 *
 * <p>Backends write late: when a block is full or old enough. A backend that has written nothing yet is asked to flush.
 * It is waiting, not broken, while it is younger than the time after which it writes without being asked.
 */
final class BucketChecks {
    private final Set<String> flushed = ConcurrentHashMap.newKeySet();

    Finding loki(Endpoint loki) throws IOException {
        return written(loki, "uploads to the bucket loki", "/flush", Duration.ofMinutes(7),
                metrics -> uploads(metrics, "loki_objstore", ""));
    }

    Finding mimir(Endpoint mimir) throws IOException {
        if (!mimir.json("/api/v1/status/buildinfo").at("data", "application").text().contains("Mimir")) {
            return Finding.skipped("a Prometheus stands in for Mimir: it keeps samples on its own disk");
        }
        return written(mimir.root(), "uploads to the bucket mimir", "/ingester/flush?wait=true", Duration.ofHours(3),
                metrics -> uploads(metrics, "thanos_objstore", "component=\"ingester\"[^}]*"));
    }

    /** Tempo lists its bucket when it starts, and every five minutes. */
    Finding tempo(Endpoint tempo) throws IOException {
        return written(tempo, "blocks in the bucket tempo", null, Duration.ofMinutes(15),
                metrics -> Math.max(sum(metrics, "tempodb_blocklist_length", ""),
                        sum(metrics, "tempo_live_store_local_blocks_flushed_total", "")));
    }

    private static double uploads(String metrics, String name, String labels) {
        return sum(metrics, name + "_bucket_operations_total", labels + "operation=\"upload\"")
                - sum(metrics, name + "_bucket_operation_failures_total", labels + "operation=\"upload\"");
    }

    private Finding written(Endpoint backend, String what, String flush, Duration writesWithin,
            ToDoubleFunction<String> count) throws IOException {
        var response = backend.get("/metrics");
        if (response.statusCode() != 200) {
            return Finding.skipped("/metrics of " + backend.service() + " responds " + response.statusCode());
        }
        var metrics = response.body();
        if (count.applyAsDouble(metrics) <= 0 && flush != null && flushed.add(backend.service())) {
            backend.post(flush, "");
            metrics = backend.text("/metrics");
        }
        double written = count.applyAsDouble(metrics);
        double started = sum(metrics, "process_start_time_seconds", "");
        var age = Duration.between(Instant.ofEpochMilli((long) (started * 1e3)), Instant.now());
        return written > 0 ? Finding.ok((long) written + " " + what) : age.compareTo(writesWithin) > 0
                ? Finding.broken(what, "none, though it runs for " + age.toMinutes() + " min")
                : Finding.waiting("none yet: runs for " + age.toMinutes() + " min, writes within "
                        + writesWithin.toMinutes() + " min");
    }

    /** The sum of all series with this name whose labels match. */
    static double sum(String metrics, String name, String labels) {
        return Pattern.compile("(?m)^" + name + "(?:\\{[^}]*" + labels + "[^}]*})? ([0-9.eE+]+)").matcher(metrics)
                .results().mapToDouble(found -> Double.parseDouble(found.group(1))).sum();
    }
}
