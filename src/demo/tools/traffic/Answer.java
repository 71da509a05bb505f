package demo.tools.traffic;

/**
 * What the generator needs of an HTTP answer.
 *
 * @param location the {@code Location} header, null without one
 * @param body     empty unless it was asked for
 */
record Answer(int status, String location, byte[] body) {}
