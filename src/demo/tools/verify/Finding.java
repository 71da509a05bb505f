package demo.tools.verify;

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

    static Finding ok(String what) {
        return new Finding(State.OK, what, "");
    }

    static Finding broken(String expected, String found) {
        return new Finding(State.BROKEN, found, expected);
    }

    static Finding follows(String cause) {
        return new Finding(State.FOLLOWS, cause, "");
    }

    static Finding waiting(String why) {
        return new Finding(State.WAITING, why, "");
    }

    static Finding skipped(String why) {
        return new Finding(State.SKIPPED, why, "");
    }
}
