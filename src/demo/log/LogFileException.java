package demo.log;

import java.io.IOException;

/** The path of a log cannot be used. The message is a sentence for the user who chose the path. */
public final class LogFileException extends IOException {
    private static final long serialVersionUID = 1;

    LogFileException(String message, Throwable cause) {
        super(message, cause);
    }
}
