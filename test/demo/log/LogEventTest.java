package demo.log;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The content of a line: no value can forge a line or another field. */
class LogEventTest extends LogFixture {
    private static final String HEAD = "{\"timestamp\":\"2024-12-17T12:00:00.000000Z\",\"level\":\"INFO\","
            + "\"service\":\"api\",\"logger\":\"l\",\"thread\":\"t\",\"message\":\"m\"";

    @BeforeEach
    void openLog() throws IOException {
        Thread.currentThread().setName("t");
        rotationBytes = 10_000_000;
        open();
    }

    private String only() throws IOException {
        List<byte[]> lines = Lines.of(file);
        assertEquals(1, lines.size());
        Lines.parse(lines.getFirst());
        return Files.readString(file);
    }

    @Test
    void escapesControlCharactersLineSeparatorsAndBidiCharactersOnly() throws Exception {
        var value = new StringBuilder("\"\\\u2028\u2029\u061c\u200e\u200f\u202a\u202e\u2066\u2069\ufeff");
        var expected = new StringBuilder(
                "\\\"\\\\\\u2028\\u2029\\u061c\\u200e\\u200f\\u202a\\u202e\\u2066\\u2069\\ufeff");
        for (char c = 0; c < 0xa0; c = (char) (c == 0x1f ? 0x7f : c + 1)) {
            value.append(c);
            expected.append(switch (c) {
                case '\n' -> "\\n";
                case '\r' -> "\\r";
                case '\t' -> "\\t";
                default -> String.format("\\u%04x", (int) c);
            });
        }
        String unchanged = " ~aé€𝄞 ÿ\u00a0\u07ff\u0800\u2027\u202f\uffff";
        log.info("l", "m").with("v", value.toString()).with("unchanged", unchanged)
                .with("half of a pair", "\ud800a\udc00\udc00\ud800").write();

        assertEquals(HEAD + ",\"v\":\"" + expected + "\",\"unchanged\":\"" + unchanged
                + "\",\"half of a pair\":\"\ufffda\ufffd\ufffd\ufffd\"}\n", only());
    }

    @Test
    void everyCharacterOfUnicodeReadsBackTheSameInValuesAndNames() throws Exception {
        var expected = new ArrayList<String>();
        for (int block = 0; block <= Character.MAX_CODE_POINT; block += 0x400) {
            var chars = new StringBuilder();
            for (int c = block; c < block + 0x400; c++) {
                chars.append('a').appendCodePoint(c);
            }
            log.info("l", "m").with(chars.substring(0, 30), chars.toString()).write();
            expected.add(chars.toString().replaceAll("\\p{Cs}", "\ufffd"));
        }

        List<Map<String, Object>> lines = Lines.ofLog(file);
        for (int i = 0; i < expected.size(); i++) {
            assertEquals(expected.get(i), lines.get(i).get(expected.get(i).substring(0, 30)));
        }
        for (byte b : Files.readAllBytes(file)) {
            assertTrue(b < 0 || b >= ' ' && b != 0x7f || b == '\n', "a control character in the file");
        }
    }

    @Test
    void escapesNamesThreadsAndLoggers() throws Exception {
        Thread.currentThread().setName("t\"\n");
        log.info("l\"", "m\n").with("n\"\n", "v").write();

        assertEquals("{\"timestamp\":\"2024-12-17T12:00:00.000000Z\",\"level\":\"INFO\",\"service\":\"api\","
                + "\"logger\":\"l\\\"\",\"thread\":\"t\\\"\\n\",\"message\":\"m\\n\",\"n\\\"\\n\":\"v\"}\n", only());
    }

    @Test
    void noFieldCanReplaceAnother() throws Exception {
        log.info("l", null).with("level", "ERROR").with("trace_id", "forged").with("a", 1).with("a", 2).with("_a", 3)
                .with("truncated_chars", 4).with("\ud800", 5).with("\udbff", 6).with("\ufffd", 7)
                .with("v", null).with(null, "x").write();

        assertEquals(HEAD.replace("\"m\"", "\"null\"") + ",\"_level\":\"ERROR\",\"_trace_id\":\"forged\",\"a\":1,"
                + "\"_a\":2,\"__a\":3,\"_truncated_chars\":4,\"\ufffd\":5,\"_\ufffd\":6,\"__\ufffd\":7,"
                + "\"v\":null,\"null\":\"x\"}\n", only());
    }

    @Test
    void writesNumbersThatReadBackTheSame() throws Exception {
        log.info("l", "m").with("a", Long.MIN_VALUE).with("b", Long.MAX_VALUE).with("c", 0.1).with("d", 12.0)
                .with("e", -0.000001).with("f", 1e300).with("g", 1e-300).with("h", Double.NaN)
                .with("i", Double.NEGATIVE_INFINITY).with("j", 4503599627.370495).with("k", -0.0).write();

        assertEquals(HEAD + ",\"a\":-9223372036854775808,\"b\":9223372036854775807,\"c\":0.1,\"d\":12.0,"
                + "\"e\":-1.0E-6,\"f\":1.0E300,\"g\":1.0E-300,\"h\":\"NaN\",\"i\":\"-Infinity\","
                + "\"j\":4.503599627370495E9,\"k\":-0.0}\n", only());
    }

    @Test
    void truncatesAMessageOfTwoMegabytesAndCountsTheRest() throws Exception {
        log.info("l", "é".repeat(1_000_000)).with("order_id", "o-1").write();

        Map<String, Object> line = Lines.parse(Lines.of(file).getFirst());
        String message = (String) line.get("message");
        assertTrue(message.endsWith("é…"));
        assertEquals("o-1", line.get("order_id"));
        assertEquals(1_000_000L, message.length() - 1 + (long) line.get("truncated_chars"));
        assertTrue(Files.size(file) < LogEvent.MAX_STRING_BYTES + 1_000);
    }

    @Test
    void aStringOfExactlyTheLimitIsComplete() {
        for (String end : List.of("a", "\n", "é", "\u2028", "𝄞")) {
            var json = new JsonEncoder(16);
            json.string(end, 100);
            String exact = "a".repeat(100 - json.length) + end;
            json.length = 0;

            assertEquals(0, json.string(exact, 100));
            assertEquals(100, json.length);
            json.length = 0;
            assertTrue(json.string("a" + exact, 100) > 0);
            assertTrue(json.length <= 100);
        }
    }

    @Test
    void aLineStaysBelowItsLimitForAnyContent() throws Exception {
        LogEvent mixed = log.info("l", "m");
        LogEvent sameNames = log.info("l", "m");
        for (int i = 0; i < 500; i++) {
            mixed.with("name-" + i, "\u001b".repeat(5_000)).with("other-" + i, 1.5);
            sameNames.with("n".repeat(1_000), Double.MIN_VALUE);
        }
        mixed.write();
        sameNames.error(new IOException("x")).write();

        for (byte[] line : Lines.of(file)) {
            assertTrue(line.length < LogEvent.MAX_LINE_BYTES, () -> "was " + line.length);
            assertTrue((long) Lines.parse(line).get("truncated_chars") > 0);
        }
        assertEquals("java.io.IOException", lastLine().get("error_type"));
    }

    @Test
    void refusesChangesAfterWrite() {
        LogEvent line = log.info("l", "m");
        line.write();

        assertThrows(IllegalStateException.class, () -> line.with("a", 1));
        assertThrows(IllegalStateException.class, line::write);
    }

    private String stackTrace(int line) throws IOException {
        return (String) Lines.parse(Lines.of(file).get(line)).get("stack_trace");
    }

    @Test
    void anExceptionIsOneLineWithCauseAndSuppressed() throws Exception {
        var cause = new IllegalStateException("no beans\nleft");
        var error = new IOException("payment failed", cause);
        error.addSuppressed(new RuntimeException("close failed", new IOException("reset")));

        log.info("l", "m").error(error).write();

        assertEquals("java.io.IOException", lastLine().get("error_type"));
        String trace = stackTrace(0);
        assertTrue(trace.startsWith("java.io.IOException: payment failed\n\tat demo.log.LogEventTest."), trace);
        assertTrue(trace.contains("\n\tSuppressed: java.lang.RuntimeException: close failed\n\t\tat "), trace);
        assertTrue(trace.contains("\n\tCaused by: java.io.IOException: reset\n\t\t... "), trace);
        assertTrue(trace.contains("\nCaused by: java.lang.IllegalStateException: no beans\nleft\n\tat "), trace);
    }

    @Test
    void theRootCauseIsInTheLineEvenIfTheRestIsTruncated() throws Exception {
        Throwable chain = new IllegalStateException("the root cause");
        Throwable wide = new IllegalStateException("the root cause");
        for (int i = 0; i < 50; i++) {
            chain = new RuntimeException("level " + i + "\u001b".repeat(1_000), chain);
        }
        wide = new IOException("x\u2028".repeat(20_000), wide);
        for (int i = 0; i < 100; i++) {
            wide.addSuppressed(new RuntimeException("é".repeat(1_000)));
        }
        for (Throwable error : List.of(chain, wide)) {
            LogEvent event = log.info("l", "x".repeat(70_000));
            for (int i = 0; i < 10; i++) {
                event.with("field " + i, "\n".repeat(60_000));
            }
            event.error(error).with("later", 1).write();

            String trace = (String) lastLine().get("stack_trace");
            assertTrue(trace.contains("\n… truncated, the root cause is:\njava.lang.IllegalStateException: the root"
                    + " cause\n"), trace);
            assertTrue(Lines.of(file).getLast().length < LogEvent.MAX_LINE_BYTES);
        }
    }

    @Test
    void aCycleOfCausesAndHostileExceptionsEnd() throws Exception {
        var hostile = new RuntimeException("a") {
            private static final long serialVersionUID = 1;

            @Override
            public String getMessage() {
                throw new IllegalArgumentException();
            }
        };
        var error = new RuntimeException("b", hostile);
        hostile.initCause(error);
        error.addSuppressed(hostile);

        log.info("l", "m").error(error).write();

        assertTrue(stackTrace(0).startsWith("java.lang.RuntimeException"), stackTrace(0));
    }
}
