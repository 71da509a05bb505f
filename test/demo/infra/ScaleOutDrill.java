package demo.infra;

import demo.drills.Drill;
import java.io.IOException;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.opentest4j.TestAbortedException;
import org.yaml.snakeyaml.Yaml;

/**
 * Loki and Tempo in their distributed modes, as processes on loopback, with the limits and labels of the charts'
 * values. Loki: two distributors, three ingesters with replication 3, querier, query-scheduler and query-frontend,
 * compactor. Tempo: distributor, two live-stores, block-builder, backend-scheduler and -worker, querier and
 * query-frontend. One Kafka broker, one MinIO. Two API processes, each with an Alloy sidecar, receive requests while
 * one ingester, one live-store and both queriers are killed and restarted. Then the line of every request must be in
 * Loki once and every trace in Tempo.
 *
 * <p>Needs minio, loki, tempo and alloy on the PATH, and Kafka 4.1's jars in KAFKA_HOME/libs.
 */
public final class ScaleOutDrill implements Drill {
    private static final int REQUESTS_A_SECOND = 25;
    private static final int PARTITIONS = 2;
    private static final Duration CALM = Duration.ofSeconds(10);
    private static final Duration AWAY = Duration.ofSeconds(8);
    private static final String RUN = "5ca1e007";
    private static final Map<String, String> KEYS =
            Map.of("AWS_ACCESS_KEY_ID", "scale-out", "AWS_SECRET_ACCESS_KEY", "only-on-loopback");

    private int s3;
    private int kafka;
    private int lokiFrontend;
    private int tempoFrontend;
    private int otlp;
    private List<Integer> lokiDistributors;

    @Override
    public String run(Path folder, long seed) throws Exception {
        String home = System.getenv("KAFKA_HOME");
        if (home == null || !Files.isDirectory(Path.of(home, "libs"))) {
            throw new TestAbortedException("needs KAFKA_HOME, a folder with Kafka 4.1's jars in libs");
        }
        Stack.skipUnlessOnPath("minio", "loki", "tempo", "alloy");
        try (var engines = new Engines(folder)) {
            startMinio(engines);
            startKafka(engines, home);
            startLoki(engines);
            startTempo(engines);
            int[] apis = {startApi(engines, 0), startApi(engines, 1)};
            Instant from = Instant.now();
            var load = new ArrayList<NumberedRequests>();
            try {
                for (int port : apis) {
                    load.add(new NumberedRequests(port, RUN + "%08x".formatted(port), REQUESTS_A_SECOND));
                }
                Thread.sleep(CALM);
                for (String name : List.of("loki-ingester-1", "tempo-live-store-1", "loki-querier", "tempo-querier")) {
                    engines.kill(name);
                    Thread.sleep(AWAY);
                    engines.restart(name);
                    Thread.sleep(CALM);
                }
            } finally {
                load.forEach(NumberedRequests::close);
            }

            String loki = "http://127.0.0.1:" + lokiFrontend;
            Stack.await("Loki responds", Duration.ofMinutes(1),
                    () -> Stack.get(loki + "/loki/api/v1/labels").statusCode() == 200);
            int sent = 0;
            for (NumberedRequests requests : load) {
                var stored = new StoredTelemetry(loki, "http://127.0.0.1:" + tempoFrontend, requests, from);
                stored.lines(0);
                stored.traces(List.of());
                sent += requests.responded().size();
            }
            return "%,d requests, each line once in Loki, each trace in Tempo".formatted(sent);
        }
    }

    // ---- the processes

    private void startMinio(Engines engines) throws Exception {
        s3 = Engines.port();
        for (String bucket : List.of("loki", "tempo")) {
            Files.createDirectories(engines.folder("minio").resolve("data").resolve(bucket));
        }
        engines.start("minio", Map.of("MINIO_ROOT_USER", KEYS.get("AWS_ACCESS_KEY_ID"), "MINIO_ROOT_PASSWORD",
                KEYS.get("AWS_SECRET_ACCESS_KEY"), "MINIO_UPDATE", "off"), List.of("minio", "server",
                engines.folder("minio").resolve("data").toString(), "--address", "127.0.0.1:" + s3,
                "--console-address", "127.0.0.1:" + Engines.port()));
        engines.awaitReady("minio", s3, "/minio/health/live");
    }

    private void startKafka(Engines engines, String home) throws Exception {
        kafka = Engines.port();
        int controller = Engines.port();
        Path folder = engines.folder("kafka");
        Path properties = Files.writeString(folder.resolve("server.properties"), """
                process.roles=broker,controller
                node.id=0
                controller.quorum.voters=0@127.0.0.1:%2$d
                listeners=PLAINTEXT://127.0.0.1:%1$d,CONTROLLER://127.0.0.1:%2$d
                advertised.listeners=PLAINTEXT://127.0.0.1:%1$d
                listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
                controller.listener.names=CONTROLLER
                log.dirs=%3$s
                num.partitions=%4$d
                default.replication.factor=1
                offsets.topic.replication.factor=1
                offsets.topic.num.partitions=1
                transaction.state.log.replication.factor=1
                transaction.state.log.min.isr=1
                """.formatted(kafka, controller, folder.resolve("data"), PARTITIONS));
        List<String> java = List.of("build/jdk/bin/java", "-Xmx512m", "-XX:+UseSerialGC", "-cp", home + "/libs/*");
        Stack.run(0, concat(java, "kafka.tools.StorageTool", "format", "--cluster-id",
                "ZGVtby1vYnMta2Fma2EtMQ", "--config", properties.toString()));
        engines.start("kafka", Map.of(), concat(java, "kafka.Kafka", properties.toString()));
        Stack.await("Kafka listens", Duration.ofMinutes(1), () -> {
            try (var socket = new Socket("127.0.0.1", kafka)) {
                return socket.isConnected();
            }
        });
    }

    /** One process of Loki or Tempo. */
    private record Part(String name, int http, int grpc, int gossip) {
        String target() {
            return name.replaceAll("-\\d$", "");
        }

        String address() {
            return "127.0.0.1:" + grpc;
        }
    }

    private static Map<String, Part> parts(String... names) {
        var parts = new LinkedHashMap<String, Part>();
        for (String name : names) {
            parts.put(name, new Part(name, Engines.port(), Engines.port(), Engines.port()));
        }
        return parts;
    }

    private void startLoki(Engines engines) throws Exception {
        Map<?, ?> values = Stack.map(Stack.yaml("k8s/obs/values/loki.yaml"), "loki");
        var parts = parts("compactor", "distributor-0", "distributor-1", "ingester-0", "ingester-1",
                "ingester-2", "query-scheduler", "query-frontend", "querier");
        lokiFrontend = parts.get("query-frontend").http();
        lokiDistributors = List.of(parts.get("distributor-0").http(), parts.get("distributor-1").http());
        Map<String, Object> scheduler = Map.of("scheduler_address", parts.get("query-scheduler").address());
        for (Part part : parts.values()) {
            Map<String, Object> yaml = common(part, parts.get("compactor"));
            yaml.put("auth_enabled", true);
            yaml.put("analytics", Map.of("reporting_enabled", false));
            yaml.put("common", Map.of(
                    "path_prefix", engines.folder("loki-" + part.name()).resolve("data").toString(),
                    "instance_addr", "127.0.0.1",
                    "compactor_grpc_address", parts.get("compactor").address(),
                    "replication_factor", Stack.at(values, "commonConfig", "replication_factor"),
                    "ring", ring(part),
                    "storage", Map.of("object_store", Map.of("s3", Map.of("bucket_name", "loki",
                            "endpoint", "127.0.0.1:" + s3, "insecure", true, "region", "us-east-1")))));
            yaml.put("storage_config", Map.of("use_thanos_objstore", true));
            yaml.put("schema_config", Stack.at(values, "schemaConfig"));
            yaml.put("limits_config", Stack.at(values, "limits_config"));
            yaml.put("ingester", Stack.at(values, "ingester"));
            yaml.put("frontend", scheduler);
            yaml.put("frontend_worker", scheduler);
            start(engines, "loki", part, yaml);
        }
        awaitReady(engines, "loki", parts);
    }

    private void startTempo(Engines engines) throws Exception {
        otlp = Engines.port();
        var parts = parts("distributor", "live-store-0", "live-store-1", "block-builder-0",
                "backend-scheduler", "backend-worker-0", "query-frontend", "querier");
        tempoFrontend = parts.get("query-frontend").http();
        for (Part part : parts.values()) {
            String data = engines.folder("tempo-" + part.name()).resolve("data").toString();
            Map<String, Object> yaml = common(part, parts.get("distributor"));
            yaml.put("multitenancy_enabled", true);
            yaml.put("usage_report", Map.of("reporting_enabled", false));
            yaml.put("distributor", Map.of("ring", ring(part), "receivers",
                    Map.of("otlp", Map.of("protocols", Map.of("grpc", Map.of("endpoint", "127.0.0.1:" + otlp))))));
            yaml.put("ingest", Map.of("kafka", Map.of("address", "127.0.0.1:" + kafka, "topic", "tempo-traces",
                    "auto_create_topic_default_partitions", 0)));
            yaml.put("live_store", Map.of("ring", ring(part), "wal", Map.of("path", data + "/traces"),
                    "shutdown_marker_dir", data + "/shutdown"));
            yaml.put("block_builder", Map.of("instance_id", part.name(), "partitions_per_instance", PARTITIONS,
                    "consume_cycle_duration", "15s", "wal", Map.of("path", data + "/blocks")));
            yaml.put("backend_scheduler", Map.of("local_work_path", data + "/work"));
            yaml.put("backend_worker", Map.of("ring", ring(part),
                    "backend_scheduler_addr", parts.get("backend-scheduler").address()));
            yaml.put("querier", Map.of("frontend_worker",
                    Map.of("frontend_address", parts.get("query-frontend").address())));
            yaml.put("storage", Map.of("trace", Map.of("backend", "s3", "wal", Map.of("path", data + "/wal"),
                    "s3", Map.of("bucket", "tempo", "endpoint", "127.0.0.1:" + s3, "insecure", true,
                            "forcepathstyle", true, "region", "us-east-1"))));
            start(engines, "tempo", part, yaml);
        }
        awaitReady(engines, "tempo", parts);
        String ring = "http://127.0.0.1:" + parts.get("distributor").http() + "/partition-ring";
        Stack.await("every partition active", Duration.ofMinutes(2),
                () -> Stack.get(ring).body().split("Active", -1).length > PARTITIONS);
    }

    private static Map<String, Object> common(Part part, Part firstMember) {
        var yaml = new LinkedHashMap<String, Object>();
        yaml.put("server", Map.of("http_listen_address", "127.0.0.1", "http_listen_port", part.http(),
                "grpc_listen_address", "127.0.0.1", "grpc_listen_port", part.grpc(), "log_level", "warn"));
        yaml.put("memberlist", Map.of("bind_addr", List.of("127.0.0.1"), "bind_port", part.gossip(),
                "advertise_addr", "127.0.0.1", "advertise_port", part.gossip(), "randomize_node_name", true,
                "join_members", List.of("127.0.0.1:" + firstMember.gossip()), "abort_if_cluster_join_fails", false));
        return yaml;
    }

    private static Map<String, Object> ring(Part part) {
        return Map.of("instance_id", part.name(), "instance_addr", "127.0.0.1",
                "kvstore", Map.of("store", "memberlist"));
    }

    private static void start(Engines engines, String engine, Part part, Map<String, Object> yaml) throws IOException {
        String name = engine + "-" + part.name();
        Path file = Files.writeString(engines.folder(name).resolve("config.yaml"), new Yaml().dump(yaml));
        engines.start(name, KEYS, List.of(engine, "-target=" + part.target(), "-config.file=" + file));
    }

    private static void awaitReady(Engines engines, String engine, Map<String, Part> parts) throws Exception {
        for (Part part : parts.values()) {
            engines.awaitReady(engine + "-" + part.name(), part.http(), "/ready");
        }
    }

    /** Starts an API process with its sidecar and returns its port. */
    private int startApi(Engines engines, int number) throws Exception {
        String name = "api-" + number;
        int port = Engines.port();
        String log = engines.folder(name).resolve("logs/app.log").toString();
        engines.start(name, Map.of("HTTP_PORT", "" + port, "LOG_FILE", log,
                "OTEL_SERVICE_NAME", "api", "OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:" + otlp,
                "OTEL_EXPORTER_OTLP_HEADERS", "x-scope-orgid=demo"), List.of("build/jdk/bin/java", "@build/api.args"));
        engines.awaitReady(name, port, "/readyz");
        String alloy = "alloy-" + number;
        Path data = engines.folder(alloy).resolve("data");
        engines.start(alloy, Map.of("API_ADDRESS", "127.0.0.1:" + port, "API_LOG_FILE", log, "POD_NAME", name,
                "LINE_ATTRIBUTES", "{\"pod\": \"" + name + "\"}", "TENANT", "demo", "S3_TARGETS", "[]",
                "LOKI_OTLP_URL", "http://127.0.0.1:" + lokiDistributors.get(number) + "/otlp",
                "MIMIR_PUSH_URL", "http://127.0.0.1:" + Engines.port() + "/api/v1/push", // no Mimir in this drill
                "ALLOY_POSITIONS", data.resolve("positions").toString()),
                List.of("alloy", "run", "--stability.level=public-preview", "--disable-reporting",
                        "--server.http.listen-addr=127.0.0.1:" + Engines.port(), "--storage.path=" + data,
                        "infra/alloy/config.alloy"));
        return port;
    }

    private static List<String> concat(List<String> first, String... more) {
        return Stream.concat(first.stream(), Stream.of(more)).toList();
    }
}
