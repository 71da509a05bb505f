package demo.log;

import java.io.IOException;

/** The log file cannot be opened. The message is a sentence for the user. */
public final class LogFileException extends IOException {
    private static final long serialVersionUID = 1;

    private final boolean inUse;

    LogFileException(String message, boolean inUse, Throwable cause) {
        super(message, cause);
        this.inUse = inUse;
    }

    /** True if another process or log writes the file; false if the path cannot be used. */
    public boolean isInUse() {
        return inUse;
    }
}
