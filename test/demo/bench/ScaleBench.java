package demo.bench;

/**
 * How cost grows: {@code ./build.sh bench scale [connections|files|pocket [ROUNDS]] [memory [MINUTES]] [hour]}; without
 * a word all of them, memory for three minutes.
 *
 * <p>You should see: no figure that grows faster than what it is measured against, and memory that stays.
 */
final class ScaleBench {
    private static final int ROUNDS = 3;
    private static final int MINUTES = 3;

    private ScaleBench() {
    }

    static void main(String[] args) throws Exception {
        int rounds = args.length > 1 ? Integer.parseInt(args[1]) : ROUNDS;
        switch (args.length == 0 ? "" : args[0]) {
            case "connections" -> ConnectionsScale.run(rounds);
            case "files" -> FilesScale.run(rounds);
            case "pocket" -> PocketScale.run(rounds);
            case "memory" -> MemoryScale.run(args.length > 1 ? rounds : MINUTES);
            case "hour" -> MemoryScale.run(60);
            case "" -> {
                ConnectionsScale.run(ROUNDS);
                FilesScale.run(ROUNDS);
                PocketScale.run(ROUNDS);
                MemoryScale.run(MINUTES);
            }
            default -> {
                System.err.println("bench: expected scale connections, files, pocket, memory or hour, was " + args[0]);
                System.exit(2);
            }
        }
    }
}
