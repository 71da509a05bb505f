package demo.tools.verify;

import java.net.URI;
import java.nio.file.Path;

/**
 * Where everything is, seen from outside: containers and native processes publish the same ports on loopback.
 *
 * @param mimir with the path before {@code /api/v1}
 */
record Places(URI api, URI mimir, URI loki, URI tempo, URI grafana, URI s3, Path logFile) {
    static Places standard(int apiPort, Path logFile) {
        return new Places(URI.create("http://127.0.0.1:" + apiPort), URI.create("http://127.0.0.1:9009/prometheus"),
                URI.create("http://127.0.0.1:3100"), URI.create("http://127.0.0.1:3200"),
                URI.create("http://127.0.0.1:3000"), URI.create("http://127.0.0.1:9000"), logFile);
    }
}
