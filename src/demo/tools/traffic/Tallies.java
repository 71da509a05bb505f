package demo.tools.traffic;

import java.util.Arrays;
import java.util.EnumMap;
import java.util.Map;

/** A tally for each kind of visit, and how late the generator itself was. Any thread may count. */
final class Tallies {
    private final Map<Kind, Tally> byKind = new EnumMap<>(Kind.class);
    private final Histogram lateness = new Histogram();

    Tallies() {
        Arrays.stream(Kind.values()).forEach(kind -> byKind.put(kind, new Tally()));
    }

    Tally of(Kind kind) {
        return byKind.get(kind);
    }

    Tally all() {
        var all = new Tally();
        byKind.values().forEach(all::add);
        return all;
    }

    /** From the moment a visit was due to the moment its thread began; what is large says that the generator lacks CPU. */
    Histogram lateness() {
        return lateness;
    }
}
