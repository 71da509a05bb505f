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

/** The service's paths, in one list, and the objects behind them. */
final class Routes {
    private Routes() {
    }

    /**
     * @param payments where payments are taken
     * @param ready    whether {@code /readyz} should send traffic here
     */
    static List<Route> of(HomePage home, Log log, Metrics metrics, Tracing tracing, InstantSource clock, long seed,
                          boolean faultsEnabled, URI payments, BooleanSupplier ready) {
        var menu = new Menu();
        var faults = new Faults();
        var latency = new Latency(seed);
        var http = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1)
                .executor(Thread::startVirtualThread).build();
        var orders = new OrderHandler(menu, new Stock(menu, clock), new PaymentClient(http, payments), new OrderBook(),
                latency, faults, clock, log, metrics, tracing);
        var faultsHandler = new FaultsHandler(faultsEnabled, faults, log);
        return List.of(
                seen("/", Map.of("GET", home)),
                seen("/menu", Map.of("GET", new MenuHandler(menu, faults, log))),
                seen("/orders", Map.of("POST", orders::place)),
                seen("/orders/{id}", Map.of("GET", orders::find)),
                seen("/payments", Map.of("POST", new PaymentHandler(latency, faults, log, metrics, tracing))),
                seen("/faults", Map.of("GET", faultsHandler::list, "POST", faultsHandler::set)),
                quiet("/metrics", metrics.scrapeEndpoint()::handle),
                quiet("/healthz", exchange -> Exchanges.answerText(exchange, 200, "alive\n")),
                quiet("/readyz", exchange -> {
                    boolean isReady = ready.getAsBoolean();
                    Exchanges.answerText(exchange, isReady ? 200 : 503, isReady ? "ready\n" : "stopping\n");
                }));
    }

    private static Route seen(String template, Map<String, Route.Handler> methods) {
        return new Route(template, methods, false);
    }

    private static Route quiet(String template, Route.Handler get) {
        return new Route(template, Map.of("GET", get), true);
    }
}
