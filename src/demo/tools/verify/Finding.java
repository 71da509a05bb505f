package demo.tools.verify;

/** What became of an arrow. Only {@link Broken} makes the whole run fail. */
sealed interface Finding {
    /** The data got through; {@code what} names it. */
    record Found(String what) implements Finding {}

    record Broken(String expected, String found) implements Finding {}

    /** Broken as well, and no wonder: {@code arrow} is the broken one that it needs. */
    record Follows(String arrow) implements Finding {}

    /** Not there yet, and that is normal: {@code why} says for how long. */
    record Waiting(String why) implements Finding {}

    /** Not looked at, and why. */
    record Skipped(String why) implements Finding {}

    static Finding broken(String expected, String found) {
        return new Broken(expected, found);
    }
}
