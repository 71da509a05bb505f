package demo.infra;

import demo.drills.Drill;
import java.io.IOException;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
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
    private static final Duration CALM = Duration.ofSeconds(10);
    private static final Duration AWAY = Duration.ofSeconds(8);
    private static final String RUN = "5ca1e007";

    /** Of each process of Loki and Tempo. Ports, addresses and folders come from the environment. */
    private static final String COMMON = """
            server:
              http_listen_address: 127.0.0.1
              http_listen_port: ${HTTP}
              grpc_listen_address: 127.0.0.1
              grpc_listen_port: ${GRPC}
              log_level: warn
            memberlist:
              bind_addr: [127.0.0.1]
              bind_port: ${GOSSIP}
              advertise_addr: 127.0.0.1
              advertise_port: ${GOSSIP}
              randomize_node_name: true
              join_members: ["127.0.0.1:${FIRST_GOSSIP}"]
              abort_if_cluster_join_fails: false
            """;
    private static final String RING =
            "{instance_id: '${NAME}', instance_addr: 127.0.0.1, kvstore: {store: memberlist}}";
    private static final String LOKI = COMMON + """
            auth_enabled: true
            analytics: {reporting_enabled: false}
            common:
              path_prefix: ${DATA}
              instance_addr: 127.0.0.1
              compactor_grpc_address: ${COMPACTOR}
              replication_factor: 3
              ring: RING
              storage:
                object_store:
                  s3: {bucket_name: loki, endpoint: "127.0.0.1:${S3}", insecure: true, region: us-east-1}
            storage_config: {use_thanos_objstore: true}
            frontend: {scheduler_address: "${QUERY_SCHEDULER}"}
            frontend_worker: {scheduler_address: "${QUERY_SCHEDULER}"}
            """.replace("RING", RING);
    private static final String TEMPO = COMMON + """
            multitenancy_enabled: true
            usage_report: {reporting_enabled: false}
            distributor:
              ring: RING
              receivers: {otlp: {protocols: {grpc: {endpoint: "127.0.0.1:${OTLP}"}}}}
            ingest:
              kafka: {address: "127.0.0.1:${KAFKA}", topic: tempo-traces, auto_create_topic_default_partitions: 0}
            live_store: {ring: RING, wal: {path: "${DATA}/traces"}, shutdown_marker_dir: "${DATA}/shutdown"}
            block_builder:
              instance_id: ${NAME}
              partitions_per_instance: 2
              consume_cycle_duration: 15s
              wal: {path: "${DATA}/blocks"}
            backend_scheduler: {local_work_path: "${DATA}/work"}
            backend_worker: {ring: RING, backend_scheduler_addr: "${BACKEND_SCHEDULER}"}
            querier: {frontend_worker: {frontend_address: "${QUERY_FRONTEND}"}}
            storage:
              trace:
                backend: s3
                wal: {path: "${DATA}/wal"}
                s3:
                  bucket: tempo
                  endpoint: 127.0.0.1:${S3}
                  insecure: true
                  forcepathstyle: true
                  region: us-east-1
            """.replace("RING", RING);

    /** Of all processes of Loki and Tempo. */
    private final Map<String, String> environment = new HashMap<>(
            Map.of("AWS_ACCESS_KEY_ID", "scale-out", "AWS_SECRET_ACCESS_KEY", "only-on-loopback"));

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
            Map<String, Integer> loki = start(engines, "loki", LOKI + valuesOfLoki(), "compactor", "distributor-0",
                    "distributor-1", "ingester-0", "ingester-1", "ingester-2", "query-scheduler", "query-frontend",
                    "querier");
            environment.put("OTLP", "" + Engines.port());
            Map<String, Integer> tempo = start(engines, "tempo", TEMPO, "distributor", "live-store-0", "live-store-1",
                    "block-builder-0", "backend-scheduler", "backend-worker-0", "query-frontend", "querier");
            String ring = "http://127.0.0.1:" + tempo.get("distributor") + "/partition-ring";
            Stack.await("both partitions are active", Duration.ofMinutes(2),
                    () -> Stack.get(ring).body().split("Active", -1).length > 2);
            int[] apis = {startApi(engines, 0, loki), startApi(engines, 1, loki)};
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

            String lokiUrl = "http://127.0.0.1:" + loki.get("query-frontend");
            Stack.await("Loki responds", Duration.ofMinutes(1),
                    () -> Stack.get(lokiUrl + "/loki/api/v1/labels").statusCode() == 200);
            var traces = new HashSet<String>();
            for (NumberedRequests requests : load) {
                new StoredTelemetry(lokiUrl, requests, from).lines(0);
                requests.responded().keySet().forEach(number -> traces.add(requests.traceId(number)));
            }
            String frontend = "http://127.0.0.1:" + tempo.get("query-frontend");
            String search = frontend + "/api/search?q=%7B%7D&limit=100000&spss=1&start="
                    + from.minusSeconds(60).getEpochSecond() + "&end=" + Instant.now().plusSeconds(60).getEpochSecond();
            var missing = new HashSet<>(traces);
            missing.removeAll(Stack.matches("\"traceID\":\"(\\w+)\"", Stack.get(search).body()));
            // A search for recent traces asks only the live-stores, of which one was killed; a lookup reads blocks too.
            Stack.await("all " + traces.size() + " traces in Tempo", Duration.ofMinutes(5), () -> {
                for (String trace : List.copyOf(missing)) {
                    if (Stack.get(frontend + "/api/traces/" + trace).statusCode() == 200) {
                        missing.remove(trace);
                    }
                }
                return missing.isEmpty();
            });
            return "%,d requests, each line once in Loki, each trace in Tempo".formatted(traces.size());
        }
    }

    private void startMinio(Engines engines) throws IOException {
        int port = Engines.port();
        environment.put("S3", "" + port);
        for (String bucket : List.of("loki", "tempo")) {
            Files.createDirectories(engines.folder("minio").resolve("data").resolve(bucket));
        }
        engines.start("minio", Map.of("MINIO_ROOT_USER", environment.get("AWS_ACCESS_KEY_ID"), "MINIO_ROOT_PASSWORD",
                environment.get("AWS_SECRET_ACCESS_KEY"), "MINIO_UPDATE", "off"), List.of("minio", "server",
                engines.folder("minio").resolve("data").toString(), "--address", "127.0.0.1:" + port,
                "--console-address", "127.0.0.1:" + Engines.port()));
        engines.awaitReady("minio", port, "/minio/health/live");
    }

    private void startKafka(Engines engines, String home) throws Exception {
        int port = Engines.port();
        environment.put("KAFKA", "" + port);
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
                num.partitions=2
                default.replication.factor=1
                offsets.topic.replication.factor=1
                offsets.topic.num.partitions=1
                transaction.state.log.replication.factor=1
                transaction.state.log.min.isr=1
                """.formatted(port, Engines.port(), folder.resolve("data")));
        List<String> java = List.of("build/jdk/bin/java", "-Xmx512m", "-XX:+UseSerialGC", "-cp", home + "/libs/*");
        Stack.run(0, concat(java, "kafka.tools.StorageTool", "format", "--cluster-id",
                "ZGVtby1vYnMta2Fma2EtMQ", "--config", properties.toString()));
        engines.start("kafka", Map.of(), concat(java, "kafka.Kafka", properties.toString()));
        Stack.await("Kafka listens", Duration.ofMinutes(1), () -> {
            try (var socket = new Socket("127.0.0.1", port)) {
                return socket.isConnected();
            }
        });
    }

    private static List<String> concat(List<String> first, String... more) {
        return Stream.concat(first.stream(), Stream.of(more)).toList();
    }

    private static String valuesOfLoki() {
        Map<?, ?> values = Stack.map(Stack.yaml("k8s/obs/values/loki.yaml"), "loki");
        return new Yaml().dump(Map.of("schema_config", Stack.at(values, "schemaConfig"),
                "limits_config", Stack.at(values, "limits_config"), "ingester", Stack.at(values, "ingester")));
    }

    /**
     * Starts the processes of Loki or Tempo and returns the HTTP port of each. The name of a process is its target,
     * with a number where a target has several processes.
     */
    private Map<String, Integer> start(Engines engines, String engine, String configuration, String... names)
            throws IOException {
        Path file = Files.writeString(engines.folder(engine).resolve("config.yaml"), configuration);
        Map<String, Integer> http = new HashMap<>();
        Map<String, Integer> grpc = new HashMap<>();
        for (String name : names) {
            grpc.put(name, Engines.port());
            environment.put(name.toUpperCase(Locale.ROOT).replace('-', '_'), "127.0.0.1:" + grpc.get(name));
        }
        for (String name : names) {
            http.put(name, Engines.port());
            int gossip = Engines.port();
            if (name.equals(names[0])) {
                environment.put("FIRST_GOSSIP", "" + gossip);
            }
            var own = new HashMap<>(environment);
            own.putAll(Map.of("NAME", name, "HTTP", "" + http.get(name), "GRPC", "" + grpc.get(name),
                    "GOSSIP", "" + gossip, "DATA", engines.folder(engine + "-" + name).resolve("data").toString()));
            engines.start(engine + "-" + name, own, List.of(engine, "-target=" + name.replaceAll("-\\d$", ""),
                    "-config.file=" + file, "-config.expand-env=true"));
        }
        http.forEach((name, port) -> engines.awaitReady(engine + "-" + name, port, "/ready"));
        return http;
    }

    /** Starts an API process with its sidecar and returns its port. */
    private int startApi(Engines engines, int number, Map<String, Integer> loki) throws IOException {
        String name = "api-" + number;
        int port = Engines.port();
        String log = engines.folder(name).resolve("logs/app.log").toString();
        engines.start(name, Map.of("HTTP_PORT", "" + port, "LOG_FILE", log, "OTEL_SERVICE_NAME", "api",
                "OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:" + environment.get("OTLP"),
                "OTEL_EXPORTER_OTLP_HEADERS", "x-scope-orgid=demo"), List.of("build/jdk/bin/java", "@build/api.args"));
        engines.awaitReady(name, port, "/readyz");
        String alloy = "alloy-" + number;
        Path data = engines.folder(alloy).resolve("data");
        engines.start(alloy, Map.of("API_ADDRESS", "127.0.0.1:" + port, "API_LOG_FILE", log, "POD_NAME", name,
                "LINE_ATTRIBUTES", "{\"pod\": \"" + name + "\"}", "TENANT", "demo", "S3_TARGETS", "[]",
                "LOKI_OTLP_URL", "http://127.0.0.1:" + loki.get("distributor-" + number) + "/otlp",
                "MIMIR_PUSH_URL", "http://127.0.0.1:" + Engines.port() + "/api/v1/push", // no Mimir in this drill
                "ALLOY_POSITIONS", data.resolve("positions").toString()),
                List.of("alloy", "run", "--stability.level=public-preview", "--disable-reporting",
                        "--server.http.listen-addr=127.0.0.1:" + Engines.port(), "--storage.path=" + data,
                        "infra/alloy/config.alloy"));
        return port;
    }
}
