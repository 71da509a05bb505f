package demo.log;

/**
 * A finished line on its way into the file, and the thread that waits for it there.
 *
 * <p>The caller fills {@code text}, {@code level} and nothing else. From {@link GroupCommit#write} until it returns
 * the line belongs to whichever thread is writing.
 */
abstract sealed class Pending permits LogEvent {
    /** The line's bytes, ending with its only newline. */
    final JsonText text;
    Level level = Level.INFO;

    /** The line that was left just before this one, and after the writer turned the chain round, just after it. */
    Pending next;
    /** Set once the line's fate is known: in the file, or counted as lost. */
    volatile boolean settled;
    /** Set while the caller sleeps until then. */
    volatile Thread sleeper;
    /** Those whose lines the caller wrote, when it was the writer. Here because a line is its caller's alone. */
    final Sleepers sleepers = new Sleepers();

    Pending(JsonText text) {
        this.text = text;
    }
}
