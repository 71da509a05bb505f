package demo.drills;

import java.nio.file.Path;

/** A failure scenario with its own assertions. With small numbers it is short enough for the tests. */
@FunctionalInterface
public interface Drill {
    /**
     * Runs once.
     *
     * @param folder empty, for this run only
     * @param seed   for random choices
     * @return one line: what was asserted and counted
     * @throws AssertionError                           when an assertion failed
     * @throws org.opentest4j.TestAbortedException      when this machine cannot run the drill, with the reason
     */
    String run(Path folder, long seed) throws Exception;
}
