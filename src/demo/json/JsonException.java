package demo.json;

/** A text is not one JSON document. The message says why and where, for people. */
public final class JsonException extends Exception {
    private static final long serialVersionUID = 1;

    JsonException(String reason) {
        super(reason);
    }

    JsonException(String reason, int line, int column) {
        super("line " + line + ", column " + Math.max(1, column) + ": " + reason);
    }
}
