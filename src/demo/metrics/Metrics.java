package demo.metrics;

import com.sun.net.httpserver.HttpHandler;
import demo.log.LogStats;
import io.prometheus.metrics.core.datapoints.GaugeDataPoint;
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
import java.util.Locale;
import java.util.function.DoubleSupplier;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import jdk.management.VirtualThreadSchedulerMXBean;

/**
 * Every metric of the service: name, labels, unit, buckets. Names follow OpenTelemetry's semantic conventions in
 * Prometheus form. The client library attaches the ids of the current span as exemplar, if the span is sampled.
 *
 * <p>Label values come from closed lists or route templates, so that a client cannot create series. Counters with known
 * label values start at 0, because a rate needs a first value. Any thread may call.
 */
public final class Metrics {
    /** The result of {@code POST /orders}. */
    public enum OrderOutcome {
        PLACED, INVALID, OUT_OF_STOCK, CARD_DECLINED, PAYMENT_UNAVAILABLE, INTERNAL_ERROR,
        /** The client disconnected before its order was read. */
        ABORTED
    }

    /** The buckets that OpenTelemetry recommends for {@code http.server.request.duration}, in seconds. */
    private static final double[] BUCKETS = {
        0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10};

    private final PrometheusRegistry registry;
    private final Histogram requestDuration;
    private final Gauge activeRequests;
    private final Counter orders;
    private final Histogram paymentAmount;

    public Metrics(PrometheusRegistry registry) {
        this.registry = registry;
        // Classic buckets for all readers; native buckets (schema 5: each 2 % wider than the one before) for heatmaps.
        requestDuration = Histogram.builder()
                .name("http_server_request_duration_seconds")
                .help("Time from the request's headers to the end of the response")
                .unit(Unit.SECONDS)
                .labelNames("http_request_method", "http_route", "http_response_status_code")
                .classicUpperBounds(BUCKETS)
                .nativeInitialSchema(5)
                .nativeMaxNumberOfBuckets(160)
                .register(registry);
        activeRequests = Gauge.builder()
                .name("http_server_active_requests")
                .help("Requests in flight")
                .labelNames("http_request_method")
                .register(registry);
        orders = Counter.builder()
                .name("orders_total")
                .help("Orders by outcome")
                .labelNames("outcome")
                .register(registry);
        for (var outcome : OrderOutcome.values()) {
            orders.initLabelValues(label(outcome));
        }
        paymentAmount = Histogram.builder()
                .name("payment_amount_cents")
                .help("Accepted payments")
                .classicOnly()
                .classicUpperBounds(250, 500, 1_000, 2_500, 5_000, 10_000)
                .register(registry);
    }

    /** The number of requests in flight; each inc() needs a dec(). */
    public GaugeDataPoint activeRequests(String method) {
        return activeRequests.labelValues(method);
    }

    /** One finished request. {@code route} is a template. */
    public void request(String method, String route, int status, long elapsedNanos) {
        requestDuration.labelValues(method, route, Integer.toString(status)).observe(elapsedNanos / 1e9);
    }

    public void order(OrderOutcome outcome) {
        orders.labelValues(label(outcome)).inc();
    }

    public void payment(long cents) {
        paymentAmount.observe(cents);
    }

    /** The log's statistics, read at each scrape. */
    public void registerLog(Supplier<LogStats> log) {
        CounterWithCallback.builder().name("log_lines_total").labelNames("level")
                .help("Lines in the log file, by level")
                .callback(out -> log.get().written().forEach((level, n) -> out.call(n, label(level))))
                .register(registry);
        CounterWithCallback.builder().name("log_lines_dropped_total").labelNames("reason")
                .help("Lines that are not in the log file, by reason")
                .callback(out -> log.get().dropped().forEach((reason, n) -> out.call(n, label(reason))))
                .register(registry);
        counter("log_written_bytes_total", "Bytes of whole lines in the log file", () -> log.get().bytesWritten());
        counter("log_rotations_total", "Rotated log files", () -> log.get().rotations());
        counter("log_rotation_failures_total", "Failed rotations; the current file then grows beyond its limit",
                () -> log.get().rotationFailures());
        counter("log_compressions_total", "Compressed log files", () -> log.get().compressions());
        counter("log_compression_failures_total", "Failed compressions; each is retried",
                () -> log.get().compressionFailures());
        counter("log_files_deleted_total", "Rotated files that retention deleted",
                () -> log.get().deletedByRetention());
        gauge("log_file_size_bytes", "Size of the current log file", () -> log.get().currentFileBytes());
        gauge("log_rotated_files", "Rotated files, compressed or not", () -> log.get().rotatedFiles());
    }

    /** The agent's counts of spans, read at each scrape. */
    public void registerSpanExport(LongSupplier exported, LongSupplier failed) {
        counter("trace_spans_exported_total", "Spans that the OTLP endpoint accepted", exported);
        counter("trace_spans_failed_total", "Spans that were dropped because the OTLP endpoint did not accept them",
                failed);
    }

    /** The JVM's metrics. Their registration takes about 0.1 s, so the caller does it after the start. */
    public void registerJvm() {
        JvmMetrics.builder().register(registry);
        // Blocked and sleeping virtual threads are counted in neither gauge.
        var virtual = ManagementFactory.getPlatformMXBean(VirtualThreadSchedulerMXBean.class);
        gauge("jvm_virtual_threads_mounted", "Virtual threads that run on a platform thread",
                virtual::getMountedVirtualThreadCount);
        gauge("jvm_virtual_threads_queued", "Virtual threads that are runnable and wait for a platform thread",
                virtual::getQueuedVirtualThreadCount);
    }

    public void registerBuildInfo(String version, String revision) {
        Info.builder().name("build_info").help("Version of the service and of Java")
                .labelNames("version", "revision", "java_version").register(registry)
                .addLabelValues(version, revision, Runtime.version().toString());
    }

    /** {@code /metrics}: Prometheus text, OpenMetrics or protobuf, and gzip, as the request's headers accept them. */
    public HttpHandler scrapeEndpoint() {
        return new MetricsHandler(registry);
    }

    private static String label(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT);
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
