package demo.bench;

import java.util.Arrays;

/** Runs one benchmark by its name: {@code ./build.sh bench NAME [ARGUMENT…]}. */
public final class Bench {
    private Bench() {
    }

    public static void main(String[] args) throws Exception {
        String[] rest = Arrays.copyOfRange(args, Math.min(1, args.length), args.length);
        switch (args.length == 0 ? "nothing" : args[0]) {
            case "logs" -> LogsBench.main(rest);
            case "http" -> HttpBench.main(rest);
            case "start" -> StartBench.main(rest);
            case String name -> {
                System.err.println("bench: expected logs, http or start, was " + name);
                System.exit(2);
            }
        }
    }
}
