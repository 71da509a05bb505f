package demo.log;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What can be put into a line, and that nothing in it can be more than a value. */
class LogEventTest {
    private static final String HEAD = "{\"timestamp\":\"2024-12-17T12:00:00.000000Z\",\"level\":\"INFO\","
            + "\"service\":\"api\",\"logger\":\"l\",\"thread\":\"t\",\"message\":\"m\"";

    @TempDir
    private Path folder;
    private Shelf shelf;
    private Log log;

    @BeforeEach
    void open() throws IOException {
        Thread.currentThread().setName("t");
        shelf = new Shelf(folder);
        log = shelf.open();
    }

    @AfterEach
    void close() {
        log.close();
    }

    private String only() throws IOException {
        List<byte[]> lines = Lines.of(shelf.file);
        assertEquals(1, lines.size());
        Lines.parse(lines.getFirst());
        return Files.readString(shelf.file);
    }

    @Test
    void escapesWhatWouldEndALineOrCommandATerminal() throws Exception {
        log.info("l", "m").with("v", "\"\\\n\r\t\0\u001b[31m\u007f\u009b\u2028\u2029\u202e\ufeff").write();

        assertEquals(HEAD + ",\"v\":\"\\\"\\\\\\n\\r\\t\\u0000\\u001b[31m\\u007f\\u009b\\u2028\\u2029\\u202e\\ufeff\"}\n",
                only());
    }

    @Test
    void writesOtherCharactersAsTheyAre() throws Exception {
        log.info("l", "m").with("v", "aé€𝄞 ÿ\u00a0\uffff").write();

        assertEquals(HEAD + ",\"v\":\"aé€𝄞 ÿ\u00a0\uffff\"}\n", only());
    }

    @Test
    void replacesHalvesOfSurrogatePairs() throws Exception {
        log.info("l", "m").with("v", "\ud800a\udc00\udc00\ud800").write();

        assertEquals(HEAD + ",\"v\":\"\ufffda\ufffd\ufffd\ufffd\"}\n", only());
    }

    @Test
    void escapesNamesThreadsAndLoggersToo() throws Exception {
        Thread.currentThread().setName("t\"\n");
        log.info("l\"", "m\n").with("n\"\n", "v").write();

        assertEquals("{\"timestamp\":\"2024-12-17T12:00:00.000000Z\",\"level\":\"INFO\",\"service\":\"api\","
                + "\"logger\":\"l\\\"\",\"thread\":\"t\\\"\\n\",\"message\":\"m\\n\",\"n\\\"\\n\":\"v\"}\n", only());
    }

    @Test
    void noFieldCanPassForAnother() throws Exception {
        log.info("l", "m").with("level", "ERROR").with("trace_id", "forged").with("a", 1).with("a", 2).with("_a", 3)
                .with("truncated_chars", 4).with("\ud800", 5).with("\udbff", 6).with("\ufffd", 7).write();

        assertEquals(HEAD + ",\"_level\":\"ERROR\",\"_trace_id\":\"forged\",\"a\":1,\"_a\":2,\"__a\":3,"
                + "\"_truncated_chars\":4,\"\ufffd\":5,\"_\ufffd\":6,\"__\ufffd\":7}\n", only());
    }

    @Test
    void writesNullsAsNull() throws Exception {
        log.event(Level.INFO, "l", null).with("v", null).with(null, "x").write();

        assertEquals(HEAD.replace("\"m\"", "\"null\"") + ",\"v\":null,\"null\":\"x\"}\n", only());
    }

    @Test
    void writesNumbersThatReadBackTheSame() throws Exception {
        log.info("l", "m").with("a", Long.MIN_VALUE).with("b", Long.MAX_VALUE).with("c", 0.1).with("d", 12.0)
                .with("e", -0.000001).with("f", 1e300).with("g", 1e-300).with("h", Double.NaN)
                .with("i", Double.NEGATIVE_INFINITY).with("j", 4503599627.370495).with("k", -0.0).write();

        assertEquals(HEAD + ",\"a\":-9223372036854775808,\"b\":9223372036854775807,\"c\":0.1,\"d\":12.0,"
                + "\"e\":-0.000001,\"f\":1.0E300,\"g\":1.0E-300,\"h\":\"NaN\",\"i\":\"-Infinity\","
                + "\"j\":4503599627.370495,\"k\":-0.0}\n", only());
    }

    @Test
    void everyDoubleReadsBackTheSame() {
        var random = new Random(42);
        var text = new JsonText(64);
        for (int i = 0; i < 200_000; i++) {
            double value = switch (i % 4) {
                case 0 -> Double.longBitsToDouble(random.nextLong());
                case 1 -> random.nextLong(1L << 52) / 1e6;
                case 2 -> random.nextInt(1_000_000) / 1e3 * (random.nextBoolean() ? 1 : -1);
                default -> random.nextGaussian() * 1e9;
            };
            if (Double.isFinite(value)) {
                text.cutTo(0);
                text.decimal(value);
                assertEquals(value, Double.parseDouble(new String(text.bytes(), 0, text.length())), 0.0);
            }
        }
    }

    @Test
    void cutsAMessageOfTenMegabytesAndSaysByHowMuch() throws Exception {
        log.info("l", "é".repeat(10_000_000)).with("order_id", "o-1").write();

        Map<String, Object> line = Lines.parse(Lines.of(shelf.file).getFirst());
        String message = (String) line.get("message");
        assertTrue(message.endsWith("é…"));
        assertEquals("o-1", line.get("order_id"));
        assertEquals(10_000_000L, message.length() - 1 + (long) line.get("truncated_chars"));
        assertTrue(Files.size(shelf.file) < LogEvent.MAX_STRING_BYTES + 1_000);
    }

    @Test
    void aStringOfExactlyTheLimitIsWhole() {
        for (String end : List.of("a", "\n", "é", "\u2028", "𝄞")) {
            var text = new JsonText(16);
            text.inside(end, 100);
            int bytes = text.length();
            String exact = "a".repeat(100 - bytes) + end;
            text.cutTo(0);

            assertEquals(0, text.inside(exact, 100));
            assertEquals(100, text.length());
            text.cutTo(0);
            assertTrue(text.inside("a" + exact, 100) > 0);
            assertTrue(text.length() <= 100);
        }
    }

    @Test
    void aLineStaysBelowItsLimitWhateverIsPutIntoIt() throws Exception {
        LogEvent line = log.info("l", "m");
        for (int i = 0; i < 100; i++) {
            line.with("name-" + i, "\u001b".repeat(5_000)).with("n".repeat(1_000), 1.5);
        }
        line.write();

        byte[] bytes = Lines.of(shelf.file).getFirst();
        assertTrue(bytes.length < LogEvent.MAX_LINE_BYTES, () -> "was " + bytes.length);
        assertTrue((long) Lines.parse(bytes).get("truncated_chars") > 0);
    }

    @Test
    void mayNotBeTouchedAfterItIsWritten() {
        LogEvent line = log.info("l", "m");
        line.write();

        assertThrows(IllegalStateException.class, () -> line.with("a", 1));
        assertThrows(IllegalStateException.class, line::write);
    }

    @Test
    void anExceptionIsOneLineWithItsCauseAndWhatWasSuppressed() throws Exception {
        var cause = new IllegalStateException("no beans\nleft");
        var error = new IOException("payment failed", cause);
        error.addSuppressed(new RuntimeException("and the tap drips"));

        log.info("l", "m").error(error).write();

        Map<String, Object> line = Lines.parse(Lines.of(shelf.file).getFirst());
        assertEquals("java.io.IOException", line.get("error_type"));
        String trace = (String) line.get("stack_trace");
        assertTrue(trace.startsWith("java.io.IOException: payment failed\n\tat demo.log.LogEventTest."), trace);
        assertTrue(trace.contains("\nSuppressed: java.lang.RuntimeException: and the tap drips\n\tat "), trace);
        assertTrue(trace.contains("\nCaused by: java.lang.IllegalStateException: no beans\nleft\n\tat "), trace);
    }

    @Test
    void aCircleOfCausesAndHostileExceptionsEnd() throws Exception {
        var a = new RuntimeException("a") {
            private static final long serialVersionUID = 1;

            @Override
            public String getMessage() {
                throw new IllegalArgumentException();
            }
        };
        var b = new RuntimeException("b", a);
        a.initCause(b);
        Throwable deep = new RuntimeException("0");
        for (int i = 0; i < 1_000; i++) {
            b.addSuppressed(new RuntimeException("x".repeat(10_000)));
            deep = new RuntimeException("level " + i, deep);
        }

        log.info("l", "m").error(a).write();
        log.info("l", "m").error(deep).write();

        String circle = (String) Lines.parse(Lines.of(shelf.file).get(0)).get("stack_trace");
        assertTrue(circle.contains("its message can't be had"), circle);
        assertTrue(circle.length() < 60_000);
        String chain = (String) Lines.parse(Lines.of(shelf.file).get(1)).get("stack_trace");
        assertTrue(chain.endsWith("(not followed further)"), chain);
    }
}
