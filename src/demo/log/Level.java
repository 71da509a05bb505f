package demo.log;

/** How much a line matters, least first. A log set to a level writes that level and all after it. */
public enum Level { DEBUG, INFO, WARN, ERROR }
