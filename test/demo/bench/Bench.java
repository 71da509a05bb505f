package demo.bench;

import java.util.Arrays;

/** Runs one benchmark by its name: {@code ./build.sh bench NAME [ARGUMENT…]}. */
public final class Bench {
    private Bench() {
    }

    public static void main(String[] args) throws Exception {
        String[] rest = args.length == 0 ? args : Arrays.copyOfRange(args, 1, args.length);
        switch (args.length == 0 ? "" : args[0]) {
            case "logs" -> LogsBench.main(rest);
            case "rotation" -> RotationBench.main(rest);
            case "start" -> StartBench.main(rest);
            case "http" -> HttpBench.main(rest);
            case "scale" -> ScaleBench.main(rest);
            default -> {
                System.err.println("bench: expected logs, http, start, rotation or scale, was "
                        + (args.length == 0 ? "nothing" : args[0]));
                System.exit(2);
            }
        }
    }
}
