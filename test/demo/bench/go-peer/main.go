// The peer: the menu by Go's net/http with otelhttp, zap with lumberjack, and client_golang, as their users set them up.
package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/propagation"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"gopkg.in/natefinch/lumberjack.v2"
)

const menu = `{"menu":[{"item":"espresso","price_cents":250},{"item":"filter","price_cents":300},` +
	`{"item":"cappuccino","price_cents":380},{"item":"flat white","price_cents":400},` +
	`{"item":"tea","price_cents":280},{"item":"croissant","price_cents":320},` +
	`{"item":"cheesecake","price_cents":480},{"item":"sandwich","price_cents":650}]}`

var exported = promauto.NewCounter(prometheus.CounterOpts{
	Name: "trace_spans_exported_total", Help: "Spans that the OTLP endpoint accepted."})

// counting counts the spans of each successful export, so that dropped spans are seen.
type counting struct{ sdktrace.SpanExporter }

func (c counting) ExportSpans(ctx context.Context, spans []sdktrace.ReadOnlySpan) error {
	err := c.SpanExporter.ExportSpans(ctx, spans)
	if err == nil {
		exported.Add(float64(len(spans)))
	}
	return err
}

// observed records one sample and one log line for each request; otelhttp outside of it records the span.
func observed(log *zap.Logger, next http.Handler) http.Handler {
	durations := promauto.NewHistogramVec(prometheus.HistogramOpts{
		Name: "http_server_request_duration_seconds", Help: "Duration of HTTP server requests.",
		NativeHistogramBucketFactor: 1.1, Buckets: prometheus.DefBuckets,
	}, []string{"http_request_method", "http_route", "http_response_status_code"})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		next.ServeHTTP(w, r)
		elapsed := time.Since(start)
		span := trace.SpanContextFromContext(r.Context())
		durations.WithLabelValues(r.Method, r.URL.Path, strconv.Itoa(http.StatusOK)).(prometheus.ExemplarObserver).
			ObserveWithExemplar(elapsed.Seconds(), prometheus.Labels{"trace_id": span.TraceID().String()})
		log.Info("request handled", zap.String("trace_id", span.TraceID().String()),
			zap.String("span_id", span.SpanID().String()), zap.String("method", r.Method),
			zap.String("path", r.URL.Path), zap.String("route", r.URL.Path), zap.Int("status", http.StatusOK),
			zap.Float64("duration_ms", float64(elapsed.Microseconds())/1000))
	})
}

func main() {
	exporter, err := otlptracehttp.New(context.Background()) // OTEL_EXPORTER_OTLP_ENDPOINT
	if err != nil {
		panic(err)
	}
	// The queue and the batch that the Java service's agent.properties sets: the defaults drop spans at this rate.
	otel.SetTracerProvider(sdktrace.NewTracerProvider(sdktrace.WithBatcher(counting{exporter},
		sdktrace.WithMaxQueueSize(16_384), sdktrace.WithMaxExportBatchSize(2_048))))
	otel.SetTextMapPropagator(propagation.TraceContext{})

	encoding := zap.NewProductionEncoderConfig()
	encoding.EncodeTime = zapcore.RFC3339NanoTimeEncoder
	file := &lumberjack.Logger{Filename: os.Getenv("LOG_FILE"), MaxSize: 10, MaxAge: 7, Compress: true}
	log := zap.New(zapcore.NewCore(zapcore.NewJSONEncoder(encoding), zapcore.AddSync(file), zap.InfoLevel))

	handler := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(menu))
	})
	http.Handle("/menu", otelhttp.NewHandler(observed(log, handler), "GET /menu"))
	http.Handle("/metrics", promhttp.Handler())
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	fmt.Printf("API at http://localhost:%d, Go\n", listener.Addr().(*net.TCPAddr).Port)
	panic(http.Serve(listener, nil))
}
