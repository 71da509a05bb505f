package demo.log;

/** Why a line that was logged is not, or no longer, in a file of ours. */
public enum Loss {
    /** The disk was full, read-only or gone when the line was to be written. */
    NOT_WRITTEN("not_written"),
    /** Someone else truncated or deleted the file that held the line. */
    REMOVED("removed"),
    /** The line came after {@link Log#close}. */
    CLOSED("closed");

    private final String label;

    Loss(String label) {
        this.label = label;
    }

    /** The reason as a metric's label value. */
    public String label() {
        return label;
    }
}
