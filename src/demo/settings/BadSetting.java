package demo.settings;

/** A setting with an unusable value. The message is the one line that the user reads: name, rule, value. */
public final class BadSetting extends RuntimeException {
    private static final long serialVersionUID = 1;

    public BadSetting(String message) {
        super(message, null, false, false); // no stack trace: the cause is a user's mistake
    }
}
