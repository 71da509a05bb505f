package demo.build;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.UUID;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.regex.Pattern;

/**
 * The bill of materials: every jar of dependencies.lock as a CycloneDX 1.6 component with its purl, its SHA-256, its
 * scope (what runs is required, what tests or measures is excluded) and, where the jar itself says so, its licences.
 * The same lock makes the same file. {@code ./build.sh sbom} writes it.
 */
final class Sbom {
    /** Of these the service and Pocket are made; the others never leave the developer's machine. */
    private static final List<String> REQUIRED = List.of("agent", "run", "pocket");
    /** Words of a licence's URL, name or first lines, and its SPDX id. */
    private static final Map<String, String> LICENCES = Map.of(
            "apache\\S*/licenses/license-2\\.0|apache-2\\.0|apache license[,.]? version 2\\.0|apache license,? 2\\.0|apache 2\\.0", "Apache-2.0",
            "epl-v20|eclipse public license - v 2\\.0", "EPL-2.0",
            "lgpl-2\\.1", "LGPL-2.1-only",
            "bsd-3-clause", "BSD-3-Clause",
            "/license/mit|licenses/mit|\\bmit license", "MIT");
    private static final int FIRST_LINES_BYTES = 300;

    private record Jar(String group, String artifact, String version, String sha256, TreeSet<String> scopes) {
        String purl() {
            return "pkg:maven/" + group + "/" + artifact + "@" + version;
        }

        String file() {
            return artifact + "-" + version + ".jar";
        }
    }

    private Sbom() {
    }

    /** @param args the project's version, where to write */
    public static void main(String[] args) throws IOException {
        write(Path.of("dependencies.lock"), Path.of("lib"), args[0], Path.of(args[1]));
    }

    static void write(Path lock, Path jars, String version, Path sbom) throws IOException {
        String project = "pkg:generic/observability-demo@" + version;
        List<Jar> components = read(lock);
        try (JsonGenerator json = new JsonFactory().createGenerator(Files.newOutputStream(sbom)).useDefaultPrettyPrinter()) {
            json.writeStartObject();
            json.writeStringField("bomFormat", "CycloneDX");
            json.writeStringField("specVersion", "1.6");
            json.writeStringField("serialNumber", "urn:uuid:" + UUID.nameUUIDFromBytes(Files.readAllBytes(lock)));
            json.writeNumberField("version", 1);
            json.writeObjectFieldStart("metadata");
            json.writeObjectFieldStart("component");
            json.writeStringField("type", "application");
            json.writeStringField("bom-ref", project);
            json.writeStringField("name", "observability-demo");
            json.writeStringField("version", version);
            json.writeEndObject();
            json.writeEndObject();
            json.writeArrayFieldStart("components");
            for (Jar jar : components) {
                write(json, jar, jars.resolve(jar.file()));
            }
            json.writeEndArray();
            json.writeArrayFieldStart("dependencies");
            json.writeStartObject();
            json.writeStringField("ref", project);
            json.writeArrayFieldStart("dependsOn");
            for (Jar jar : components) {
                json.writeString(jar.purl());
            }
            json.writeEndArray();
            json.writeEndObject();
            json.writeEndArray();
            json.writeEndObject();
        }
    }

    private static void write(JsonGenerator json, Jar jar, Path file) throws IOException {
        json.writeStartObject();
        json.writeStringField("type", "library");
        json.writeStringField("bom-ref", jar.purl());
        json.writeStringField("group", jar.group());
        json.writeStringField("name", jar.artifact());
        json.writeStringField("version", jar.version());
        json.writeStringField("scope", jar.scopes().stream().anyMatch(REQUIRED::contains) ? "required" : "excluded");
        json.writeArrayFieldStart("hashes");
        json.writeStartObject();
        json.writeStringField("alg", "SHA-256");
        json.writeStringField("content", jar.sha256());
        json.writeEndObject();
        json.writeEndArray();
        List<String> licences = Files.exists(file) ? licences(file) : List.of();
        if (!licences.isEmpty()) {
            json.writeArrayFieldStart("licenses");
            for (String id : licences) {
                json.writeStartObject();
                json.writeObjectFieldStart("license");
                json.writeStringField("id", id);
                json.writeEndObject();
                json.writeEndObject();
            }
            json.writeEndArray();
        }
        json.writeStringField("purl", jar.purl());
        json.writeEndObject();
    }

    /** A jar that several scopes name is one component. */
    private static List<Jar> read(Path lock) throws IOException {
        Map<String, Jar> jars = new LinkedHashMap<>();
        for (String line : Files.readAllLines(lock)) {
            if (!line.isBlank() && !line.startsWith("#")) {
                String[] part = line.split(" ");
                String[] name = part[1].split(":");
                jars.computeIfAbsent(part[1], n -> new Jar(name[0], name[1], name[2], part[2], new TreeSet<>()))
                        .scopes().add(part[0]);
            }
        }
        return new ArrayList<>(jars.values());
    }

    /** What the manifest says, or the first lines of the licence's own text. */
    private static List<String> licences(Path file) throws IOException {
        try (var jar = new JarFile(file.toFile())) {
            String said = jar.getManifest() == null ? null
                    : jar.getManifest().getMainAttributes().getValue("Bundle-License");
            Optional<JarEntry> text = jar.stream()
                    .filter(entry -> entry.getName().matches("(META-INF/)?LICENSE(\\.(txt|md))?")).findFirst();
            if (said == null && text.isPresent()) {
                try (InputStream in = jar.getInputStream(text.get())) {
                    said = new String(in.readNBytes(FIRST_LINES_BYTES), StandardCharsets.UTF_8);
                }
            }
            String words = said == null ? "" : said.toLowerCase(Locale.ROOT).replaceAll("\\s+", " ");
            return LICENCES.entrySet().stream()
                    .filter(licence -> Pattern.compile(licence.getKey()).matcher(words).find())
                    .map(Map.Entry::getValue).sorted().toList();
        }
    }
}
