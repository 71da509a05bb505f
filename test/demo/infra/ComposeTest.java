package demo.infra;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** What the documents promise about every container. */
final class ComposeTest {
    @Test
    void everyImageIsPinnedByTagInOneFile() {
        String units = Stack.UNITS.stream().map(Stack.INFRA::resolve).map(Stack::text).collect(Collectors.joining());
        String pins = Stack.text(Stack.INFRA.resolve(".env"));

        assertEquals(Stack.matches("(?m)^(\\w+_IMAGE)=", pins),
                Stack.matches("\\$\\{(\\w+):\\?pinned in infra/\\.env}", units));
        assertEquals(Set.of("demo-api"), Stack.matches("image: (?!\\$\\{\\w+:\\?pinned)(.*)", units));
        Stack.matches("(?m)^\\w+_IMAGE=(.*)", pins).forEach(image -> assertTrue(
                image.matches("[a-z0-9./-]+:(?!latest)[\\w.-]+(@sha256:[0-9a-f]{64})?"), image));
    }

    @Test
    void everyContainerIsBoundedRestartedAndHasNoPrivileges() {
        Stack.services().forEach((name, service) -> {
            assertEquals(name.endsWith("/prepare") ? "no" : "unless-stopped", service.get("restart"), name);
            assertTrue(service.get("mem_limit").toString().matches("\\d+[mg]"), name + " has no memory limit");
            assertEquals(List.of("ALL"), service.get("cap_drop"), name);
            assertEquals(List.of("no-new-privileges:true"), service.get("security_opt"), name);
        });
    }

    @Test
    void everyPublishedPortIsADocumentedOneOnLoopback() {
        var published = new TreeSet<String>();
        Stack.services().values().forEach(service -> Stack.list(service, "ports").forEach(port -> {
            String[] part = port.toString().split(":");
            assertEquals(List.of("127.0.0.1", part[2]), List.of(part[0], part[1]), "port " + port);
            published.add(part[1]);
        }));

        var documented = Stack.matches("(?m)^\\| \\w+ \\| (\\d[\\d, ]+) \\|", Stack.text(Path.of("docs/full-stack.md")));
        assertEquals(Set.of(String.join(", ", documented).split(", ")), published);
    }

    /** The option z: readable under SELinux. */
    @Test
    void everyMountHasTheOptionZAndFilesOfTheRepositoryAreReadOnly() {
        Stack.services().forEach((name, service) -> Stack.list(service, "volumes").forEach(volume -> {
            String[] part = volume.toString().replace("${STACK_DATA:-../var}", "DATA").split(":");
            if (part[0].startsWith("./")) {
                assertTrue(Files.exists(Stack.INFRA.resolve(part[0])), name + " mounts " + part[0]);
                assertEquals("ro,z", part[2], name + " " + volume);
            } else if (part[0].startsWith("DATA")) {
                assertTrue(part[2].endsWith("z"), name + " " + volume);
            }
        }));
    }
}
