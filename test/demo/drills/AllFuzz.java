package demo.drills;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import demo.api.RequestFuzz;
import demo.log.EncoderFuzz;
import demo.log.FileNameFuzz;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.util.Random;

/**
 * Random inputs for the fuzz targets of the service, in seconds and without Jazzer, which needs longer to instrument
 * the classes. The only argument is the number of inputs for each target; input number n has seed n.
 */
final class AllFuzz {
    private static final int MAX_LENGTH = 40;

    private AllFuzz() {
    }

    public static void main(String[] args) throws Exception {
        for (int seed = 1; seed <= Integer.parseInt(args[0]); seed++) {
            try {
                EncoderFuzz.fuzzerTestOneInput(data(seed));
                FileNameFuzz.fuzzerTestOneInput(data(seed));
                RequestFuzz.fuzzerTestOneInput(data(seed));
            } catch (Exception | Error e) {
                throw new AssertionError("seed " + seed, e);
            }
        }
        System.exit(0); // the server of RequestFuzz has threads
    }

    private static FuzzedDataProvider data(int seed) {
        var random = new Random(seed);
        return (FuzzedDataProvider) Proxy.newProxyInstance(AllFuzz.class.getClassLoader(),
                new Class<?>[] {FuzzedDataProvider.class}, (_, method, args) -> value(random, method, args));
    }

    private static Object value(Random random, Method method, Object[] args) {
        return switch (method.getName()) {
            case "consumeBoolean" -> random.nextBoolean();
            case "consumeInt" -> args == null ? random.nextInt() : random.nextInt((int) args[0], (int) args[1] + 1);
            case "consumeLong" -> random.nextLong();
            case "pickValue" -> ((Object[]) args[0])[random.nextInt(((Object[]) args[0]).length)];
            case "consumeRemainingAsBytes" -> bytes(random, MAX_LENGTH, 0xff);
            case "consumeAsciiString" -> new String(bytes(random, (int) args[0], 0x7f), StandardCharsets.US_ASCII);
            default -> new String(bytes(random, MAX_LENGTH, 0xff), StandardCharsets.ISO_8859_1);
        };
    }

    private static byte[] bytes(Random random, int maxLength, int mask) {
        byte[] bytes = new byte[random.nextInt(maxLength + 1)];
        random.nextBytes(bytes);
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] &= (byte) mask;
        }
        return bytes;
    }
}
