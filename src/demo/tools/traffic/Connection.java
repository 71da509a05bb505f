package demo.tools.traffic;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.ProtocolException;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/**
 * A kept-alive HTTP/1.1 connection that makes one exchange after another. It reads as much of RFC 9112 as a server's
 * answer needs and makes no object for what nobody asks for: the generator shares its cores with the service that it
 * measures, and takes about a third of the CPU that it took with {@code java.net.http} (3,000 visits/s, two busy cores).
 *
 * <p>After an exception or when {@link #reusable} says no, it is good for {@link #close} only. One thread at a time; any
 * may close it or {@link #giveUp}, which ends a wait: a read with a time limit of its own would set and cancel a timer
 * each time. A header line is at most 16 KiB.
 */
final class Connection implements AutoCloseable {
    private static final int MAX_LINE = 16 * 1024;
    private static final int MAX_KEPT_BODY = 1 << 20;
    private static final byte[] NO_BODY = {};

    private final Socket socket = new Socket();
    private InputStream in;
    private OutputStream out;
    private final byte[] buffer = new byte[MAX_LINE];
    /** Unread bytes are at {@code position} to below {@code limit}; the line last read at {@code line} to below {@code lineEnd}. */
    private int position;
    private int limit;
    private int line;
    private int lineEnd;
    private boolean silent = true;
    private boolean reusable = true;
    private volatile boolean busy;
    private volatile long busySinceNanos;
    private volatile boolean givenUp;

    void connect(String host, int port, Duration timeout) throws IOException {
        int millis = Math.toIntExact(timeout.toMillis());
        socket.connect(new InetSocketAddress(host, port), millis);
        socket.setTcpNoDelay(true);
        in = socket.getInputStream();
        out = socket.getOutputStream();
    }

    /** Sends {@code request}, a whole HTTP message, and waits for its answer. */
    Answer exchange(byte[] request, boolean keepBody) throws IOException {
        busySinceNanos = System.nanoTime();
        busy = true;
        try {
            silent = true;
            out.write(request);
            return readAnswer(keepBody);
        } catch (IOException e) {
            throw givenUp ? new SocketTimeoutException("no answer in time") : e;
        } finally {
            busy = false;
        }
    }

    /** Ends an exchange that takes longer than {@code timeout}: it fails as timed out. */
    void giveUp(Duration timeout) {
        if (busy && System.nanoTime() - busySinceNanos > timeout.toNanos()) {
            givenUp = true;
            close();
        }
    }

    private Answer readAnswer(boolean keepBody) throws IOException {
        int status = readStatus();
        while (status < 200) { // 1xx comes before the answer
            readLine();
            while (line < lineEnd) {
                readLine();
            }
            status = readStatus();
        }
        return readRest(status, keepBody);
    }

    boolean connected() {
        return in != null;
    }

    /** Whether no byte of the present exchange's answer came. */
    boolean silent() {
        return silent;
    }

    /** Whether the server keeps it open for another exchange. */
    boolean reusable() {
        return reusable;
    }

    @Override
    public void close() {
        try {
            socket.close();
        } catch (IOException e) {
            // Nothing is left to do with it.
        }
    }

    private int readStatus() throws IOException {
        readLine();
        // HTTP/1.1 201 Created
        if (lineEnd - line < 12 || !lineBegins("http/1.") || buffer[line + 8] != ' ') {
            throw new ProtocolException("expected HTTP/1.1 and a status, got '" + text(line, Math.min(lineEnd, line + 40)) + "'");
        }
        reusable = buffer[line + 7] != '0';
        return number(line + 9, line + 12, 10);
    }

    private Answer readRest(int status, boolean keepBody) throws IOException {
        String location = null;
        long length = -1;
        boolean chunked = false;
        for (readLine(); line < lineEnd; readLine()) {
            if (lineBegins("content-length:")) {
                length = number(valueStart(15), lineEnd, 10);
            } else if (lineBegins("location:")) {
                location = text(valueStart(9), lineEnd);
            } else if (lineBegins("transfer-encoding:")) {
                chunked = text(valueStart(18), lineEnd).equalsIgnoreCase("chunked");
            } else if (lineBegins("connection:")) {
                reusable = !text(valueStart(11), lineEnd).equalsIgnoreCase("close");
            }
        }
        var body = keepBody ? new ByteArrayOutputStream() : null;
        if (chunked) {
            readChunks(body);
        } else if (status == 204 || status == 304) {
            length = 0;
        } else if (length >= 0) {
            readBytes(length, body);
        } else {
            reusable = false;
            readToTheEnd(body);
        }
        return new Answer(status, location, body == null ? NO_BODY : body.toByteArray());
    }

    private void readChunks(ByteArrayOutputStream body) throws IOException {
        for (;;) {
            readLine();
            int size = number(line, extensionStart(), 16);
            if (size == 0) {
                break;
            }
            readBytes(size, body);
            readLine();
        }
        do { // trailers, and the empty line that ends them
            readLine();
        } while (line < lineEnd);
    }

    private void readBytes(long count, ByteArrayOutputStream body) throws IOException {
        for (long left = count; left > 0;) {
            if (position == limit) {
                fill();
            }
            int some = (int) Math.min(left, limit - position);
            keep(body, some);
            left -= some;
        }
    }

    private void readToTheEnd(ByteArrayOutputStream body) throws IOException {
        try {
            for (;;) {
                keep(body, limit - position);
                fill();
            }
        } catch (EOFException e) {
            // That is how such an answer ends.
        }
    }

    private void keep(ByteArrayOutputStream body, int count) throws IOException {
        if (body != null) {
            if (body.size() + count > MAX_KEPT_BODY) {
                throw new ProtocolException("the answer is longer than " + MAX_KEPT_BODY + " bytes");
            }
            body.write(buffer, position, count);
        }
        position += count;
    }

    /** Moves {@code line} and {@code lineEnd} to the next line, without its CR LF. */
    private void readLine() throws IOException {
        int scanned = position;
        for (;;) {
            for (; scanned < limit; scanned++) {
                if (buffer[scanned] == '\n') {
                    line = position;
                    lineEnd = scanned > line && buffer[scanned - 1] == '\r' ? scanned - 1 : scanned;
                    position = scanned + 1;
                    return;
                }
            }
            int before = position;
            fill();
            scanned -= before - position;
        }
    }

    private void fill() throws IOException {
        if (position == limit) {
            position = limit = 0;
        } else if (limit == buffer.length) {
            System.arraycopy(buffer, position, buffer, 0, limit - position);
            limit -= position;
            position = 0;
        }
        if (limit == buffer.length) {
            throw new ProtocolException("a line of the answer is longer than " + MAX_LINE + " bytes");
        }
        int read = in.read(buffer, limit, buffer.length - limit);
        if (read < 0) {
            throw new EOFException("the server closed the connection");
        }
        silent = false;
        limit += read;
    }

    /** Whether the line begins with {@code lowerCase}, whatever its case. */
    private boolean lineBegins(String lowerCase) {
        if (lineEnd - line < lowerCase.length()) {
            return false;
        }
        for (int i = 0; i < lowerCase.length(); i++) {
            int b = buffer[line + i];
            if ((b >= 'A' && b <= 'Z' ? b + 32 : b) != lowerCase.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    private int valueStart(int nameLength) {
        int start = line + nameLength;
        while (start < lineEnd && buffer[start] == ' ') {
            start++;
        }
        return start;
    }

    /** The end of a chunk's size: an extension may follow it (RFC 9112, 7.1.1). */
    private int extensionStart() {
        int end = line;
        while (end < lineEnd && buffer[end] != ';' && buffer[end] != ' ') {
            end++;
        }
        return end;
    }

    private int number(int start, int end, int radix) throws ProtocolException {
        long value = end > start ? 0 : -1;
        for (int i = start; i < end && value >= 0; i++) {
            int digit = Character.digit(buffer[i], radix);
            value = digit < 0 ? -1 : value * radix + digit;
            if (value > Integer.MAX_VALUE) {
                value = -1;
            }
        }
        if (value < 0) {
            throw new ProtocolException("expected a number, got '" + text(start, end) + "'");
        }
        return (int) value;
    }

    private String text(int start, int end) {
        return new String(buffer, start, Math.max(0, end - start), StandardCharsets.ISO_8859_1);
    }
}
