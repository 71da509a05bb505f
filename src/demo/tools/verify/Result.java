package demo.tools.verify;

import java.time.Duration;

/** @param took from the request to the finding */
record Result(Arrow arrow, Finding finding, Duration took) {
    boolean broken() {
        return finding instanceof Finding.Broken;
    }
}
