package demo.tools.verify;

import java.time.Duration;

/** @param took from the start of the checks to this finding */
record Result(Arrow arrow, Finding finding, Duration took) {
    boolean is(Finding.State state) {
        return finding.state() == state;
    }
}
