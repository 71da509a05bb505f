package demo.tools.verify;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.io.PrintStream;
import java.io.StringWriter;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** How results are told: a line an arrow for people, one JSON document for machines. One thread at a time. */
final class Report {
    private final int nameWidth;
    private final int arrowWidth;
    /** A service that is down breaks many arrows: where to look is told once. */
    private final Set<Finding> told = new HashSet<>();

    Report(List<Arrow> arrows) {
        nameWidth = arrows.stream().mapToInt(arrow -> arrow.name().length()).max().orElse(0);
        arrowWidth = arrows.stream().mapToInt(arrow -> ends(arrow).length()).max().orElse(0);
    }

    void line(Result result, PrintStream out) {
        var arrow = result.arrow();
        var begin = pad(state(result.finding()), 7) + " " + pad(arrow.name(), nameWidth) + "  " + pad(ends(arrow), arrowWidth) + "  "
                + String.format(Locale.ROOT, "%5.1f s  ", result.took().toMillis() / 1e3);
        switch (result.finding()) {
            case Finding.Found found -> out.println(begin + found.what());
            case Finding.Waiting waiting -> out.println(begin + waiting.why());
            case Finding.Skipped skipped -> out.println(begin + skipped.why());
            case Finding.Follows follows -> out.println(begin + "from " + follows.arrow());
            case Finding.Broken broken when !told.add(broken) -> out.println(begin + broken.found() + ", as above");
            case Finding.Broken broken -> {
                out.println(begin + "expected " + broken.expected());
                out.println("        found    " + broken.found());
                out.println("        look at  " + arrow.file() + ": " + arrow.setting());
                out.println("        the log  " + seeLog(arrow));
            }
        }
        out.flush();
    }

    String end(List<Result> results) {
        long found = count(results, Finding.Found.class);
        long broken = count(results, Finding.Broken.class);
        long follow = count(results, Finding.Follows.class);
        long waiting = count(results, Finding.Waiting.class);
        long skipped = count(results, Finding.Skipped.class);
        return results.size() + " arrows: " + found + " ok, " + broken + " broken"
                + (follow == 0 ? "" : ", " + follow + " following from that")
                + (waiting == 0 ? "" : ", " + waiting + " waiting") + (skipped == 0 ? "" : ", " + skipped + " skipped");
    }

    static String json(Followed request, List<Result> results) {
        var text = new StringWriter();
        try (var json = new JsonFactory().createGenerator(text)) {
            json.useDefaultPrettyPrinter();
            json.writeStartObject();
            json.writeStringField("trace_id", request.traceId());
            json.writeBooleanField("ok", results.stream().noneMatch(Result::broken));
            json.writeArrayFieldStart("arrows");
            for (var result : results) {
                write(result, json);
            }
            json.writeEndArray();
            json.writeEndObject();
        } catch (IOException e) {
            throw new IllegalStateException("a StringWriter does not fail", e);
        }
        return text.toString();
    }

    private static void write(Result result, JsonGenerator json) throws IOException {
        var arrow = result.arrow();
        json.writeStartObject();
        json.writeStringField("name", arrow.name());
        json.writeStringField("from", arrow.from());
        json.writeStringField("to", arrow.to());
        json.writeStringField("state", state(result.finding()).toLowerCase(Locale.ROOT));
        json.writeNumberField("millis", result.took().toMillis());
        switch (result.finding()) {
            case Finding.Found found -> json.writeStringField("found", found.what());
            case Finding.Waiting waiting -> json.writeStringField("why", waiting.why());
            case Finding.Skipped skipped -> json.writeStringField("why", skipped.why());
            case Finding.Follows follows -> json.writeStringField("from_arrow", follows.arrow());
            case Finding.Broken broken -> {
                json.writeStringField("expected", broken.expected());
                json.writeStringField("found", broken.found());
                json.writeStringField("file", arrow.file());
                json.writeStringField("setting", arrow.setting());
                json.writeStringField("log", seeLog(arrow));
            }
        }
        json.writeEndObject();
    }

    private static String state(Finding finding) {
        return switch (finding) {
            case Finding.Found _ -> "ok";
            case Finding.Broken _ -> "BROKEN";
            case Finding.Waiting _ -> "waiting";
            case Finding.Skipped _ -> "skipped";
            case Finding.Follows _ -> "follows";
        };
    }

    private static String seeLog(Arrow arrow) {
        return "just logs " + arrow.service();
    }

    private static String ends(Arrow arrow) {
        return arrow.from() + " → " + arrow.to();
    }

    private static long count(List<Result> results, Class<? extends Finding> state) {
        return results.stream().filter(result -> state.isInstance(result.finding())).count();
    }

    private static String pad(String text, int width) {
        return text + " ".repeat(Math.max(0, width - text.length()));
    }
}
