package demo.log;

import java.util.Locale;

/** The severity of an event, lowest first. A log that is set to a level writes that level and all higher ones. */
public enum Level {
    DEBUG, INFO, WARN, ERROR;

    /** The level as a metric's label value. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }
}
