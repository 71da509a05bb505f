package demo.tools.verify;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/** Whether a service responds, and as itself: another program may listen on its port. */
final class ServiceChecks {
    private static final String[] RUNNING_ALLOY = {"docker", "ps", "--quiet", "--filter", "status=running",
        "--filter", "label=com.docker.compose.project=demo-api", "--filter", "label=com.docker.compose.service=alloy"};

    private ServiceChecks() {
    }

    /** @param mark what only this service has in its body or Server header; lower case */
    static Finding responds(Endpoint endpoint, String path, String mark) throws IOException {
        if (endpoint == null) {
            return Finding.skipped("its address is unknown (VERIFY_ALLOY_URL, VERIFY_S3_URL)");
        }
        var response = endpoint.get(path);
        int status = response.statusCode();
        var text = response.body() + response.headers().firstValue("Server").orElse("");
        var responds = endpoint.base() + " responds " + status;
        return status == 401 || status == 403
                ? Finding.broken("access", responds + ": check VERIFY_…_AUTH and VERIFY_…_TENANT")
                // A service that starts responds 503.
                : status >= 500 || text.toLowerCase(Locale.ROOT).contains(mark) ? Finding.ok(responds)
                : Finding.broken(endpoint.service(), responds + ", but another program listens there");
    }

    /** The port of a container's Alloy is not published: only Docker knows whether it runs. */
    static Finding alloy(Deployment deployment) throws IOException {
        if (deployment.kind() != Deployment.Kind.CONTAINERS) {
            return responds(deployment.at("alloy"), "/-/ready", "alloy");
        }
        try {
            var docker = new ProcessBuilder(RUNNING_ALLOY).redirectError(ProcessBuilder.Redirect.DISCARD).start();
            var ids = new String(docker.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            return docker.onExit().join().exitValue() != 0 ? Finding.skipped("unknown: docker ps failed")
                    : ids.isBlank() ? Finding.broken("a running container of Alloy", "Alloy is not running")
                    : Finding.ok("its container runs");
        } catch (IOException e) {
            return Finding.skipped("unknown without docker");
        }
    }
}
