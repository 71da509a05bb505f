package demo.bench;

/**
 * How cost grows: {@code ./build.sh bench scale [connections|files|pocket|memory [MINUTES]|hour]}; without a word all
 * of them, memory for three minutes.
 *
 * <p>You should see: no figure that grows faster than what it is measured against.
 */
final class ScaleBench {
    private static final int MINUTES = 3;

    private ScaleBench() {
    }

    static void main(String[] args) throws Exception {
        switch (args.length == 0 ? "" : args[0]) {
            case "memory" -> MemoryScale.run(args.length > 1 ? Integer.parseInt(args[1]) : MINUTES);
            case "hour" -> MemoryScale.run(60);
            default -> throw new IllegalArgumentException("expected connections, files, pocket, memory or hour, was " + args[0]);
        }
    }
}
