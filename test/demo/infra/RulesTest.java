package demo.infra;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Each alert fires during its incident, ends after the incident, and links to a dashboard and a runbook. */
final class RulesTest {
    private static final Path INCIDENTS = Path.of("test/demo/infra/slo-test.yaml");
    private static final Pattern WINDOW = Pattern.compile("\\[(\\w+)]");

    private final List<Map<?, ?>> rules = Stack.list(Stack.yaml("mimir/rules/anonymous/slo.yaml"), "groups").stream()
            .flatMap(group -> Stack.list((Map<?, ?>) group, "rules").stream())
            .<Map<?, ?>>map(rule -> (Map<?, ?>) rule).toList();

    @Test
    void eachAlertFiresDuringItsIncidentAndEndsAfterIt() throws Exception {
        assumeTrue(Stack.isOnPath("promtool"), "promtool is not on the PATH (Debian: apt-get install prometheus)");

        // A larger heap saves a third of the CPU time.
        Stack.run(0, Map.of("GOGC", "400"), List.of("promtool", "test", "rules", INCIDENTS.toString()));
    }

    @Test
    void everyAlertIsTestedDuringAndOutsideAnIncident() {
        String incidents = Stack.text(INCIDENTS);
        for (Map<?, ?> alert : alerts()) {
            var expected = Pattern.compile("alertname: " + alert.get("alert") + "\\b").matcher(incidents).results();

            assertTrue(expected.count() >= 2, alert.get("alert") + " needs a check during an incident and one outside");
        }
    }

    @Test
    void eachAlertLinksToAnExistingDashboardAndRunbook() throws Exception {
        Set<String> anchors = Files.readAllLines(Path.of("docs/slo.md")).stream().filter(line -> line.startsWith("#"))
                .map(line -> "docs/slo.md#" + line.replaceFirst("^#+ ", "").toLowerCase(Locale.ROOT)
                        .replaceAll("[^a-z0-9 -]", "").replace(' ', '-')).collect(Collectors.toSet());
        for (Map<?, ?> alert : alerts()) {
            Map<?, ?> annotations = Stack.map(alert, "annotations");
            String dashboard = annotations.get("dashboard").toString().replace("http://localhost:3000/d/", "");

            assertTrue(annotations.get("summary").toString().length() > 40, alert.toString());
            assertTrue(Files.exists(Stack.INFRA.resolve("grafana/dashboards/" + dashboard + ".json")), dashboard);
            assertTrue(anchors.contains(annotations.get("runbook").toString()), alert + ": not one of " + anchors);
        }
    }

    @Test
    void nameOfARecordedRatioContainsItsWindow() {
        for (Map<?, ?> rule : rules) {
            if (rule.get("record") instanceof String name) {
                var windows = WINDOW.matcher(rule.get("expr").toString()).results().map(window -> window.group(1))
                        .collect(Collectors.toCollection(TreeSet::new));

                assertEquals(Set.of(name.replaceAll(".*rate", "")), windows, name);
            }
        }
    }

    @Test
    void latencyObjectiveIsABucketBound() {
        var buckets = Pattern.compile("BUCKETS = \\{([^}]*)}")
                .matcher(Stack.text(Path.of("src/demo/metrics/Metrics.java")));

        assertTrue(buckets.find() && List.of(buckets.group(1).strip().split(",\\s*")).contains("0.25"));
        assertEquals(Set.of("0.25"), rules.stream()
                .flatMap(rule -> Pattern.compile("le=\"([^\"]+)\"").matcher(rule.get("expr").toString()).results())
                .map(bound -> bound.group(1)).collect(Collectors.toSet()));
    }

    private List<Map<?, ?>> alerts() {
        var alerts = new ArrayList<Map<?, ?>>(rules);
        alerts.removeIf(rule -> !rule.containsKey("alert"));
        assertTrue(alerts.size() >= 4, alerts.toString());
        return alerts;
    }
}
