package demo.build;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.networknt.schema.InputFormat;
import com.networknt.schema.SchemaLocation;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What the project is made of, and that nothing secret is among it. */
class SupplyChainTest {
    /** What is secret everywhere: private keys and the tokens of the large providers (AWS publishes one as an example). */
    private static final Pattern SECRET = Pattern.compile("-----BEGIN [A-Z ]*PRIVATE[ ]KEY|\\bAKIA(?!\\w*EXAMPLE)[0-9A-Z]{16}\\b"
            + "|\\bgh[pousr]_[A-Za-z0-9]{36}|\\bglpat-[\\w-]{20}|\\bxox[abprs]-[\\w-]{10,}|\\bsk-[A-Za-z0-9]{20,}"
            + "|\\beyJ[\\w-]{10,}\\.eyJ[\\w-]{10,}\\.");
    /** Where something is given a word that nobody should know. */
    private static final Pattern GIVEN = Pattern.compile("(?i)(?:password|passwd|secret|access_?key(?:_id)?|token|api_?key)"
            + "[\"']?\\s*[:=]\\s*([\"']?)([\\w$@+/{}:.-]{4,})");
    /** Or where a URL carries one. */
    private static final Pattern IN_URL = Pattern.compile("\\w://[^\\s/:@\"']+:([^\\s/@\"'{}$]+)@");
    /** The README's table of services names these: they open nothing but a stack on its own machine. */
    private static final List<String> DOCUMENTED = List.of("minioadmin", "admin");

    @TempDir
    private Path folder;

    @Test
    void theBillOfMaterialsIsCycloneDxAndHasEveryLockedJarOnce() throws IOException {
        Path sbom = folder.resolve("sbom.cdx.json");
        Sbom.write(Path.of("dependencies.lock"), Path.of("lib"), "1.0.0", sbom);

        var schemas = SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_7, builder -> builder
                .schemaIdResolvers(ids -> ids.mapPrefix("http://cyclonedx.org/schema/", "classpath:")));
        var schema = schemas.getSchema(SchemaLocation.of("http://cyclonedx.org/schema/bom-1.6.schema.json"));
        assertEquals(List.of(), schema.validate(Files.readString(sbom), InputFormat.JSON));

        var locked = new TreeSet<String>();
        for (String line : Files.readAllLines(Path.of("dependencies.lock"))) {
            if (!line.isBlank() && !line.startsWith("#")) {
                String[] part = line.split("[ :]");
                locked.add("pkg:maven/" + part[1] + "/" + part[2] + "@" + part[3] + " " + part[4]);
            }
        }
        var found = new TreeSet<String>();
        JsonNode components = new JsonMapper().readTree(Files.readString(sbom)).get("components");
        for (JsonNode component : components) {
            String purl = component.get("purl").asString();
            found.add(purl + " " + component.at("/hashes/0/content").asString());
            if (purl.startsWith("pkg:maven/io.prometheus/")) {
                assertEquals("required", component.get("scope").asString());
                assertEquals("Apache-2.0", component.at("/licenses/0/license/id").asString());
            }
        }
        assertEquals(locked, found);
        assertEquals(found.size(), components.size());
    }

    @Test
    void noSecretIsInTheRepositoryButTheDocumentedOnesOfTheStack() throws Exception {
        var found = new TreeSet<String>();
        for (String name : tracked()) {
            Path file = Path.of(name);
            if (!Files.isRegularFile(file) || name.endsWith(".png")) {
                continue;
            }
            String text = Files.readString(file, StandardCharsets.UTF_8);
            SECRET.matcher(text).results().forEach(secret -> found.add(name + ": " + secret.group()));
            // In Java what stands without quotes is no value but the name of one.
            GIVEN.matcher(text).results().filter(given -> !isHarmless(given.group(2)))
                    .filter(given -> !name.endsWith(".java") || !given.group(1).isEmpty())
                    .forEach(given -> found.add(name + ": " + given.group()));
            IN_URL.matcher(text).results().filter(given -> !isHarmless(given.group(1)))
                    .forEach(given -> found.add(name + ": " + given.group()));
        }
        assertEquals(new TreeSet<String>(), found);
    }

    @Test
    void theSearchForSecretsFindsThem() {
        assertTrue(SECRET.matcher("-----BEGIN RSA PRIVATE" + " KEY-----").find());
        assertTrue(SECRET.matcher("AKIA" + "IOSFODNN7ABCDEFG").find());
        assertTrue(GIVEN.matcher("MINIO_ROOT_PASSWORD: hunter" + "2").results().anyMatch(g -> !isHarmless(g.group(2))));
        assertTrue(IN_URL.matcher("http://me:hunter" + "2@host/").results().anyMatch(g -> !isHarmless(g.group(1))));
        assertTrue(isHarmless("minioadmin") && isHarmless("${S3_SECRET_KEY:-minioadmin}"));
    }

    /** The documented ones, and the names of variables, with one of those as default or none. */
    private static boolean isHarmless(String value) {
        return DOCUMENTED.contains(value) || value.matches("\\$\\w+|\\$\\{\\w+}")
                || DOCUMENTED.stream().anyMatch(known -> value.matches("\\$\\{\\w+:-?" + known + "}"));
    }

    private static List<String> tracked() throws IOException, InterruptedException {
        Process git;
        try {
            git = new ProcessBuilder("git", "ls-files").start();
        } catch (IOException e) {
            assumeTrue(false, "needs git, to know which files are the repository's");
            throw e;
        }
        List<String> names = new String(git.getInputStream().readAllBytes(), StandardCharsets.UTF_8).lines().toList();
        assumeTrue(git.waitFor() == 0, "this copy of the project is no git repository");
        return names;
    }
}
