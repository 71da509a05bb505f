package demo.log;

/** Why a line is not in a log file. */
public enum DropReason {
    /** The disk was full, read-only or gone when the line was to be written. */
    NOT_WRITTEN,
    /** The event was written after {@link Log#close}. */
    CLOSED
}
