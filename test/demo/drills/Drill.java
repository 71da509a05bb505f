package demo.drills;

import java.nio.file.Path;

/** A failure scenario with its own assertions. */
@FunctionalInterface
public interface Drill {
    /**
     * Runs once. An assumption that fails skips the drill: this machine cannot run it.
     *
     * @param folder empty, for this run only
     * @param seed   for random choices
     * @return one line: what was asserted and counted
     */
    String run(Path folder, long seed) throws Exception;
}
