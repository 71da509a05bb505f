package demo.metrics;

import com.sun.net.httpserver.HttpHandler;
import demo.log.LogStats;
import io.prometheus.metrics.core.datapoints.CounterDataPoint;
import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.CounterWithCallback;
import io.prometheus.metrics.core.metrics.Gauge;
import io.prometheus.metrics.core.metrics.GaugeWithCallback;
import io.prometheus.metrics.core.metrics.Histogram;
import io.prometheus.metrics.core.metrics.Info;
import io.prometheus.metrics.exporter.httpserver.MetricsHandler;
import io.prometheus.metrics.instrumentation.jvm.JvmMetrics;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.prometheus.metrics.model.snapshots.Unit;
import java.lang.management.ManagementFactory;
import java.util.Map;
import java.util.function.DoubleSupplier;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import jdk.management.VirtualThreadSchedulerMXBean;

/**
 * Every metric of the service: name, labels, unit, buckets. Names are OpenTelemetry's semantic conventions as
 * Prometheus writes them. A sample that is taken inside a sampled span carries that span's ids as its exemplar; the
 * client library asks the agent for them.
 *
 * <p>Labels take templates and words from closed lists, never what a client sent, so that no client can grow the
 * number of series. Any thread may call.
 */
public final class Metrics {
    /** OpenTelemetry's advice for {@code http.server.request.duration}, in seconds. */
    private static final double[] SECONDS = {
        0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10};

    private final PrometheusRegistry registry;
    private final Histogram requestDuration;
    private final Gauge activeRequests;
    private final Counter orders;
    private final Histogram paymentAmount;

    public Metrics(PrometheusRegistry registry) {
        this.registry = registry;
        // Classic buckets for every reader, native ones (schema 5: each bucket 2 % wider than the last) for heatmaps.
        requestDuration = Histogram.builder()
                .name("http_server_request_duration_seconds")
                .help("Time from reading a request to having answered it")
                .unit(Unit.SECONDS)
                .labelNames("http_request_method", "http_route", "http_response_status_code")
                .classicUpperBounds(SECONDS)
                .nativeInitialSchema(5)
                .nativeMaxNumberOfBuckets(160)
                .register(registry);
        activeRequests = Gauge.builder()
                .name("http_server_active_requests")
                .help("Requests being answered now")
                .labelNames("http_request_method")
                .register(registry);
        orders = Counter.builder()
                .name("orders_total")
                .help("Orders by how they ended: placed, invalid, out_of_stock, card_declined, payment_unavailable")
                .labelNames("outcome")
                .register(registry);
        paymentAmount = Histogram.builder()
                .name("payment_amount_cents")
                .help("What was taken per payment, in cents")
                .classicOnly()
                .classicUpperBounds(250, 500, 1_000, 2_500, 5_000, 10_000)
                .register(registry);
    }

    /** The request's place among those being answered; pair each inc() with a dec(). */
    public io.prometheus.metrics.core.datapoints.GaugeDataPoint activeRequests(String method) {
        return activeRequests.labelValues(method);
    }

    /** One answered request; {@code route} is a template, {@code elapsedNanos} as System.nanoTime() counts. */
    public void request(String method, String route, int status, long elapsedNanos) {
        requestDuration.labelValues(method, route, Integer.toString(status)).observe(elapsedNanos / 1e9);
    }

    public CounterDataPoint orders(String outcome) {
        return orders.labelValues(outcome);
    }

    public void payment(long cents) {
        paymentAmount.observe(cents);
    }

    /** The log pipeline's own counts, read at each scrape. */
    public void logPipeline(Supplier<LogStats> log) {
        gauge("log_opened_timestamp_seconds", "When this process opened the log, from which on the lines are counted, since 1970",
                () -> log.get().opened().toEpochMilli() / 1e3);
        CounterWithCallback.builder().name("log_lines_total").help("Lines in the log file, by level")
                .labelNames("level")
                .callback(out -> log.get().written().forEach((level, n) -> out.call(n, level.label())))
                .register(registry);
        CounterWithCallback.builder().name("log_lines_dropped_total").help("Lines that never reached the file, by reason")
                .labelNames("reason")
                .callback(out -> log.get().dropped().forEach((reason, n) -> out.call(n, reason.label())))
                .register(registry);
        counter("log_written_bytes_total", "Bytes of whole lines in the log file", () -> log.get().bytesWritten());
        counter("log_rotations_total", "Log files that were rotated", () -> log.get().rotations());
        counter("log_rotation_failures_total", "Times the current file had to grow past its size or age",
                () -> log.get().rotationFailures());
        counter("log_compressions_total", "Rotated files that became a .gz", () -> log.get().compressions());
        counter("log_compression_failures_total", "Compressions that failed and are tried again",
                () -> log.get().compressionFailures());
        counter("log_files_deleted_total", "Rotated files deleted because they were too old",
                () -> log.get().deletedByRetention());
        gauge("log_file_size_bytes", "Size of the current log file", () -> log.get().currentFileBytes());
        gauge("log_rotated_files", "Rotated files that are kept, compressed or not", () -> log.get().rotatedFiles());
    }

    /** What became of finished spans, read at each scrape. */
    public void spanExport(LongSupplier exported, LongSupplier failed) {
        counter("trace_spans_exported_total", "Spans that the OTLP endpoint took", exported);
        counter("trace_spans_failed_total", "Spans that were given up because the OTLP endpoint did not take them",
                failed);
    }

    /** Heap, GC pauses, threads, classes, CPU. Dear to set up (about 0.1 s), so not on the way to the first answer. */
    public void jvm() {
        JvmMetrics.builder().register(registry);
        // Since JDK 24. One that waits, for a lock or for time, is neither: the requests in flight have it.
        var virtual = ManagementFactory.getPlatformMXBean(VirtualThreadSchedulerMXBean.class);
        gauge("jvm_virtual_threads_mounted", "Virtual threads that run on a platform thread now", virtual::getMountedVirtualThreadCount);
        gauge("jvm_virtual_threads_queued", "Virtual threads that could run and have no platform thread", virtual::getQueuedVirtualThreadCount);
    }

    public void buildInfo(Map<String, String> labels) {
        var names = labels.keySet().toArray(String[]::new);
        var values = labels.values().toArray(String[]::new);
        Info.builder().name("build_info").help("What is running").labelNames(names).register(registry)
                .addLabelValues(values);
    }

    /** {@code /metrics}: Prometheus text, OpenMetrics or protobuf by the Accept header, gzip where it is accepted. */
    public HttpHandler scrapeEndpoint() {
        return new MetricsHandler(registry);
    }

    private void counter(String name, String help, LongSupplier value) {
        CounterWithCallback.builder().name(name).help(help).callback(out -> out.call(value.getAsLong()))
                .register(registry);
    }

    private void gauge(String name, String help, DoubleSupplier value) {
        GaugeWithCallback.builder().name(name).help(help).callback(out -> out.call(value.getAsDouble()))
                .register(registry);
    }
}
