package demo.log;

/** The severity of an event, lowest first. A log that is set to a level writes that level and all higher ones. */
public enum Level {
    DEBUG, INFO, WARN, ERROR
}
