"""The original stack: FastAPI with OpenTelemetry, Prometheus and loguru, as their users set them up."""

import os
import sys
import time

import uvicorn
from fastapi import FastAPI, Request
from loguru import logger
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.instrumentation.fastapi import FastAPIInstrumentor
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from prometheus_fastapi_instrumentator import Instrumentator

provider = TracerProvider(resource=Resource.create({"service.name": "api"}))
if os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT"):
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
trace.set_tracer_provider(provider)

logger.remove()
logger.add(os.environ["LOG_FILE"], rotation="10 MB", retention="7 days", compression="gz", serialize=True)

app = FastAPI()
MENU = {"menu": [{"item": item, "price_cents": cents} for item, cents in [
    ("espresso", 250), ("filter", 300), ("cappuccino", 380), ("flat white", 400),
    ("tea", 280), ("croissant", 320), ("cheesecake", 480), ("sandwich", 650)]]}


@app.middleware("http")
async def log_request(request: Request, call_next):
    start = time.perf_counter()
    response = await call_next(request)
    context = trace.get_current_span().get_span_context()
    logger.bind(method=request.method, path=request.url.path, status=response.status_code,
                duration_ms=(time.perf_counter() - start) * 1000,
                trace_id=f"{context.trace_id:032x}", span_id=f"{context.span_id:016x}").info("request answered")
    return response


@app.get("/menu")
async def menu():
    return MENU


Instrumentator().instrument(app).expose(app)
FastAPIInstrumentor.instrument_app(app, excluded_urls="metrics")

if __name__ == "__main__":
    config = uvicorn.Config(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning", access_log=False)
    print(f"API at http://localhost:{sys.argv[1]}, FastAPI", flush=True)
    uvicorn.Server(config).run()
