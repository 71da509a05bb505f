package demo.tools.verify;

import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * One arrow of the architecture, and the check that its data arrived. An arrow from {@code verify} checks only that the
 * service responds, and has the name of the service.
 *
 * @param from    the service that acts
 * @param to      the service that is acted on
 * @param file    where the arrow is configured
 * @param setting the setting in that file without which the arrow breaks
 * @param needs   earlier arrows whose failure explains the failure of this one
 */
record Arrow(String name, String from, String to, String file, String setting, Check check, List<String> needs) {
    /** Checks once. Called again until the data is found. */
    interface Check {
        Finding run(Order order) throws IOException;
    }

    /** The services that the arrow needs at its ends, by the names that {@code just logs} and {@code --skip} know. */
    List<String> services() {
        return Stream.of(from, to).map(end -> end.equals("S3") ? "minio" : end.toLowerCase(Locale.ROOT))
                .filter(end -> !List.of("internet", "verify", "app.log", name).contains(end)).toList();
    }

    /** The service whose log says more. */
    String log() {
        return services().isEmpty() ? name : services().contains("api") ? "api" : services().getFirst();
    }

    /** All arrows and services whose failure explains the failure of this one: the backends read from the store. */
    Stream<String> causes() {
        boolean reads = services().stream().anyMatch(List.of("mimir", "loki", "tempo")::contains);
        return Stream.of(services(), needs, reads ? List.of("minio") : List.<String>of()).flatMap(List::stream);
    }

    String ends() {
        return from + " → " + to;
    }
}
