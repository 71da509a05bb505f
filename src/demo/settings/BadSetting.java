package demo.settings;

/** A setting that cannot be used; the message is the one line that the user reads: name, rule, value. */
public final class BadSetting extends RuntimeException {
    private static final long serialVersionUID = 1;

    public BadSetting(String message) {
        super(message, null, false, false);
    }
}
