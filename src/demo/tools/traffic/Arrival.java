package demo.tools.traffic;

/**
 * One visit that is going to happen.
 *
 * @param atNanos when, counted from the start of the run
 * @param choice  picks the item, the order or the mistake; any non-negative number
 */
record Arrival(long atNanos, Kind kind, long choice) {}
