package demo.drills;

import java.nio.file.Path;

/** A scenario with its own assertion, small enough for the tests when it is asked for little. */
@FunctionalInterface
public interface Drill {
    /**
     * Runs once.
     *
     * @param folder empty, for this run only
     * @param seed   decides whatever is left to chance
     * @return what was asserted and counted, in a line
     * @throws AssertionError                           when it did not hold
     * @throws org.opentest4j.TestAbortedException      where this machine can't run it, with the reason
     */
    String run(Path folder, long seed) throws Exception;
}
