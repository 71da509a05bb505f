package demo.tools.verify;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Comparator;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;

/**
 * Whether a backend's data is in its bucket. Backends write late, when a block is full or old enough: an object of any
 * age proves the arrow. Where there is none, the backend is asked once to write now; where that doesn't help it is waiting,
 * not broken, as long as the backend is younger than the time after which it writes by itself.
 */
final class Buckets {
    private static final Pattern STARTED = Pattern.compile("^process_start_time_seconds ([0-9.Ee+]+)$", Pattern.MULTILINE);

    private final Http http;
    private final S3 s3;
    private final InstantSource clock;
    private final Set<String> asked = ConcurrentHashMap.newKeySet();

    Buckets(Http http, S3 s3, InstantSource clock) {
        this.http = http;
        this.s3 = s3;
        this.clock = clock;
    }

    /**
     * @param prefix     of the keys under which data lies; what a backend notes for itself lies elsewhere
     * @param backend    base of its {@code /metrics}
     * @param flush      asks it to write now; null where it can't be asked
     * @param writesWithin how long after its start it has written by itself
     */
    Finding data(String bucket, String prefix, URI backend, URI flush, Duration writesWithin) throws IOException {
        var found = look(bucket, prefix);
        if (found == null && flush != null && asked.add(bucket)) {
            // Refused or unknown: then we wait like everybody else.
            http.send(Http.request(flush).POST(HttpRequest.BodyPublishers.noBody()));
            found = look(bucket, prefix);
        }
        if (found != null) {
            return found;
        }
        var age = age(backend);
        return age.compareTo(writesWithin) < 0
                ? new Finding.Waiting("no object yet: it runs for " + spelled(age) + " and writes within " + spelled(writesWithin))
                : Finding.broken("an object " + prefix + "… in bucket " + bucket, "none, though it runs for " + spelled(age));
    }

    private Finding look(String bucket, String prefix) throws IOException {
        var stored = s3.list(bucket, prefix);
        if (stored.isEmpty()) {
            return null;
        }
        var newest = stored.stream().map(S3.Stored::modified).max(Comparator.naturalOrder()).orElseThrow();
        return new Finding.Found(stored.size() + (stored.size() == 1000 ? " or more" : "") + " objects, the newest "
                + spelled(Duration.between(newest, clock.instant())) + " old");
    }

    private Duration age(URI backend) throws IOException {
        var started = STARTED.matcher(http.get(Http.uri(backend, "/metrics")));
        return started.find() ? Duration.ofMillis(clock.millis() - (long) (Double.parseDouble(started.group(1)) * 1e3)) : Duration.ZERO;
    }

    private static String spelled(Duration duration) {
        long seconds = Math.max(0, duration.toSeconds());
        return seconds < 120 ? seconds + " s" : seconds < 7_200 ? seconds / 60 + " min" : seconds / 3_600 + " h";
    }
}
