package demo.tools.verify;

import java.io.IOException;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The result of one check.
 *
 * @param text     what was found, or the reason of the state
 * @param expected empty unless broken
 */
record Finding(State state, String text, String expected) {
    enum State {
        /** The data arrived. */
        OK,
        /** Only this makes the run fail. */
        BROKEN,
        /** Broken because of the arrow or service in {@code text}. */
        FOLLOWS,
        /** Not there yet, which is normal at this age of the service. */
        WAITING,
        SKIPPED
    }

    /** Thrown by a check that cannot be made in this deployment; the message is the reason. */
    static final class Skip extends IOException {
        private static final long serialVersionUID = 1;

        Skip(String reason) {
            super(reason);
        }
    }

    static Finding ok(String found) {
        return new Finding(State.OK, found, "");
    }

    static Finding skipped(String reason) {
        return new Finding(State.SKIPPED, "not checked: " + reason, "");
    }

    static Finding broken(String expected, String found) {
        return new Finding(State.BROKEN, found, expected);
    }

    static Finding equal(String expected, String found) {
        return found.equals(expected) ? ok(found) : broken(expected, found);
    }

    /** Ok if {@code text} has a match of each pattern; {@code what} describes them. */
    static Finding of(String what, String text, String... patterns) {
        var missing = Stream.of(patterns).filter(pattern -> !Pattern.compile(pattern).matcher(text).find())
                .collect(Collectors.joining(" and "));
        var head = Endpoint.head(text);
        return missing.isEmpty() ? ok(what) : broken(what, patterns.length == 1 ? head : "no " + missing + ": " + head);
    }
}
