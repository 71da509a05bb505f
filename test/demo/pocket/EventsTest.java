package demo.pocket;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.net.URI;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

class EventsTest {
    private final Events events = new Events(new Status(new Scraper(URI.create("http://127.0.0.1:1/metrics"), new RequestMetrics(), InstantSource.system()),
            new RequestMetrics(), new LogFollower(Path.of("app.log"), new LogStore()), new LogStore(), new TraceStore(_ -> false), "http://127.0.0.1/v1/traces"));

    /** A page whose browser stopped reading: the first write never returns, as with a full socket. */
    private static final class Stuck extends OutputStream {
        final CountDownLatch writing = new CountDownLatch(1);

        @Override
        public void write(int b) throws IOException {
            writing.countDown();
            try {
                new CountDownLatch(1).await();
            } catch (InterruptedException _) {
                throw new InterruptedIOException("closed by interrupt");
            }
        }
    }

    @Test
    void cutsOffAPageThatDoesNotReadForTooLong() throws Exception {
        var stuck = new Stuck();
        var ended = new CompletableFuture<Exception>();
        Thread.ofVirtual().start(() -> {
            try {
                events.tell(stuck);
            } catch (IOException | InterruptedException e) {
                ended.complete(e);
            }
        });
        stuck.writing.await();

        events.cutOff(System.nanoTime() + Events.PATIENCE.toNanos() / 2);
        boolean early = ended.isDone();
        events.cutOff(System.nanoTime() + Events.PATIENCE.toNanos() * 2);

        assertTrue(ended.get() instanceof InterruptedIOException);
        assertEquals(false, early);
    }
}
