package demo.tools.verify;

import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * One arrow of the architecture, and the check that its data arrived. An arrow from {@code verify} checks only that the
 * service responds, and has the name of the service.
 *
 * @param from    the service that acts
 * @param to      the service that is acted on
 * @param file    where the arrow is configured
 * @param setting the setting in that file without which the arrow breaks
 * @param symptom what people see when the arrow is broken
 * @param service whose log says more
 * @param needs   earlier arrows whose failure explains the failure of this one
 */
record Arrow(String name, String from, String to, String file, String setting, String symptom, String service,
        Check check, List<String> needs) {
    /** Checks once. Called again until the data is found, on any thread. */
    interface Check {
        Finding run(TracedOrder order) throws IOException;
    }

    /** The services at both ends, by the names that {@code just logs} and {@code --skip} know. */
    Set<String> services() {
        return Stream.of(from, to).map(end -> end.equals("S3") ? "minio" : end.toLowerCase(Locale.ROOT))
                .filter(end -> !Set.of("internet", "verify", "app.log", name).contains(end))
                .collect(Collectors.toSet());
    }

    /** The backends read from the store, so a query may fail because the store is down. */
    Set<String> storedIn() {
        return Stream.of("mimir", "loki", "tempo").anyMatch(services()::contains) ? Set.of("minio") : Set.of();
    }

    String ends() {
        return from + " → " + to;
    }
}
