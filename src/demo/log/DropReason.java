package demo.log;

/** Why an event is not in a log file. */
public enum DropReason {
    /** The disk was full, read-only or gone when the line was to be written. */
    NOT_WRITTEN("not_written"),
    /** Another process deleted or truncated the file that contained the line. */
    REMOVED("removed"),
    /** The event was written after {@link Log#close}. */
    CLOSED("closed");

    private final String label;

    DropReason(String label) {
        this.label = label;
    }

    /** The reason as a metric's label value. */
    public String label() {
        return label;
    }
}
