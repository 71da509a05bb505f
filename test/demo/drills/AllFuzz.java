package demo.drills;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import demo.api.RequestFuzz;
import demo.log.EncoderFuzz;
import demo.log.FileNameFuzz;
import java.io.IOException;

/** All fuzz targets in one, so that the tests start the fuzzer once. */
public final class AllFuzz {
    private AllFuzz() {
    }

    public static void fuzzerTestOneInput(FuzzedDataProvider data) throws IOException {
        switch (data.consumeInt(0, 2)) {
            case 0 -> EncoderFuzz.fuzzerTestOneInput(data);
            case 1 -> FileNameFuzz.fuzzerTestOneInput(data);
            default -> RequestFuzz.fuzzerTestOneInput(data);
        }
    }
}
