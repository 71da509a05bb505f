package demo.api;

import demo.log.Log;
import demo.metrics.Metrics;
import demo.trace.Tracing;
import java.net.URI;
import java.net.http.HttpClient;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;

/** The list of the service's paths, and the construction of their handlers. */
final class Routes {
    private Routes() { }

    /**
     * @param payments URL of the payment provider
     * @param ready    whether {@code /readyz} responds 200
     */
    static List<Route> of(HomePage home, Log log, Metrics metrics, Tracing tracing, InstantSource clock, long seed,
                          boolean faultsEnabled, URI payments, BooleanSupplier ready) {
        var faults = new Faults();
        var latency = new Latency(seed);
        var http = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1)
                .executor(Thread::startVirtualThread).build();
        var orders = new OrderHandler(new Stock(clock), new PaymentClient(http, payments, faults),
                new OrderBook(faults), latency, faults, clock, log, metrics, tracing);
        var faultsHandler = new FaultsHandler(faultsEnabled, faults, log);
        var scrapeEndpoint = metrics.scrapeEndpoint();
        return List.of(
                traced("/", Map.of("GET", home)),
                traced("/menu", Map.of("GET", new MenuHandler(faults, log))),
                traced("/orders", Map.of("POST", orders::place)),
                traced("/orders/{id}", Map.of("GET", orders::find)),
                traced("/payments", Map.of("POST", new PaymentHandler(latency, faults, log, metrics, tracing))),
                traced("/faults", Map.of("GET", faultsHandler::list, "POST", faultsHandler::set)),
                untraced("/metrics", exchange -> {
                    RequestBody.discard(exchange); // reports a malformed body; the endpoint ignores bodies
                    scrapeEndpoint.handle(exchange);
                }),
                untraced("/healthz", exchange -> Responses.sendText(exchange, 200, "alive\n")),
                untraced("/readyz", exchange -> {
                    boolean isReady = ready.getAsBoolean();
                    Responses.sendText(exchange, isReady ? 200 : 503, isReady ? "ready\n" : "not ready\n");
                }));
    }

    private static Route traced(String template, Map<String, Route.Handler> methods) {
        return new Route(template, methods, false);
    }

    private static Route untraced(String template, Route.Handler get) {
        return new Route(template, Map.of("GET", get), true);
    }
}
