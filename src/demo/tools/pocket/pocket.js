'use strict';
// The page fetches what the address bar says from the read API, once per second, and draws the responses. Text from a
// log line or a span is inserted as text, never as markup.

const $ = selector => document.querySelector(selector);
const count = new Intl.NumberFormat('en').format;
const round = new Intl.NumberFormat('en', { maximumSignificantDigits: 3 }).format;
const clock = seconds => new Date(seconds * 1000).toLocaleTimeString('en-GB');
const clockMs = seconds => `${clock(seconds)}.${String(Math.floor(seconds * 1000) % 1000).padStart(3, '0')}`;
const took = seconds => seconds >= 1 ? `${round(seconds)} s` : `${round(seconds * 1000)} ms`;
const percent = share => `${round(share * 100)} %`;
const text = value => typeof value === 'object' ? JSON.stringify(value) : String(value); // of a foreign line, too

const SVG = new Set(['svg', 'path', 'rect', 'circle', 'text']);

/** el('a', {class: 'x', click: doIt}, 'text', child); undefined, false and '' are left out. */
function el(tag, attributes = {}, ...children) {
  const element = document.createElementNS(`http://www.w3.org/${SVG.has(tag) ? '2000/svg' : '1999/xhtml'}`, tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') element.addEventListener(name, value);
    else if (value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children.filter(child => child !== undefined && child !== false && child !== ''));
  return element;
}

// ---- the address bar holds what is shown ----------------------------------------------------------------------------

const shown = name => new URLSearchParams(location.search).get(name) ?? '';

function address(changes) {
  const query = new URLSearchParams(location.search);
  for (const [name, value] of Object.entries(changes)) value === '' ? query.delete(name) : query.set(name, value);
  return `?${query}`;
}

function go(changes) {
  if (address(changes) !== address({})) history.pushState(null, '', address(changes));
  poll();
}

/** A real link (it can be copied or opened in a tab) that changes the address without loading the page again. */
const link = (changes, attributes, ...children) => el('a', { ...attributes, href: address(changes), click: event => {
  if (event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  go(changes);
} }, ...children);

// ---- fetching and drawing -------------------------------------------------------------------------------------------

async function fetchApi(path, parameters = {}) {
  const query = new URLSearchParams(Object.entries(parameters).filter(([, value]) => value));
  const response = await fetch(`/api/${path}?${query}`);
  if (response.status === 404) return null;
  if (!response.ok) throw new Error(await response.text());
  return path === 'logs' ? (await response.text()).split('\n').slice(0, -1) : response.json();
}

let status; // of the inputs
let loaded; // the trace that was opened from a file
let latest = 0;

/** Shows what the address says. A newer call supersedes this call. */
async function draw() {
  const mine = ++latest;
  const now = await fetchApi('status').catch(() => null);
  status = now ?? status;
  showStatus(!now);
  if (!now) return;
  const [trace, route, from, to, code] = ['trace', 'route', 'from', 'to', 'status'].map(shown);
  const selected = { from, to, route, status: code };
  const chartTime = stretch(Number(from), Number(to));
  const [metrics, routes, lines, spans, traces] = await Promise.all([
    fetchApi('metrics', { ...chartTime, route }),
    fetchApi('routes', to ? { from, to } : chartTime),
    fetchApi('logs', trace ? { trace, limit: 500 }
      : { ...selected, level: shown('level'), method: shown('method'), text: shown('text') }),
    trace && fetchTrace(trace),
    trace ? [] : fetchApi('traces', { ...selected, order: shown('order'), limit: 50 })]);
  const normal = spans && shown('compare') && await fetchNormal(spans);
  if (mine !== latest) return;
  if (normal) history.replaceState(null, '', address({ compare: normal[0].trace })); // the same trace from now on
  showControls(from, to);
  showMetrics(metrics, code);
  showRoutes(routes);
  showTrace(trace, spans, normal);
  const noLine = status.logs.lines ? `No such line is stored. ${COMING}`
    : `Lines appear here when the service writes them to ${status.follower.from}.`;
  const noTrace = status.traces.spans ? `No such trace is stored. ${COMING}`
    : `Traces appear here when an exporter sends spans to ${status.otlp}.`;
  put($('#logs ol'), lines.length ? lines : noLine, all => (trace ? all.reverse() : all).map(logLine), !trace);
  put($('#traces ol'), traces.length ? traces : noTrace, traceLines, true);
}

const COMING = 'New data appears within a second. The oldest data is dropped when the memory is full.';
const drawn = new WeakMap();
let mouse = false; // a finger leaves :hover on what it touched
addEventListener('pointerover', event => { mouse = event.pointerType === 'mouse'; });

/**
 * Draws data in an element unless it is there already; a text instead of data explains why there is no data. An element
 * with holds = true does not change while the user points at it, until the address or the width changes.
 */
function put(place, data, make, holds = false) {
  const now = { shape: location.search + innerWidth, data: JSON.stringify(data) };
  const before = drawn.get(place);
  const hover = mouse ? ', :hover' : '';
  const used = `:is(:active, :has(:focus-visible), :has([open])${hover}):not(:has(.empty))`;
  if (before?.shape === now.shape && (before.data === now.data || holds && place.matches(used))) return;
  drawn.set(place, now);
  const empty = place.tagName === 'OL' ? 'li' : 'p';
  place.replaceChildren(...(typeof data === 'string' ? [el(empty, { class: 'empty' }, data)] : make(data)));
}

function showControls(from, to) {
  for (const control of document.querySelectorAll('select, input[name]')) {
    if (control.type !== 'search' || control !== document.activeElement) control.value = shown(control.name);
  }
  put($('#span'), [from, to], () => to ? [`only ${clock(from)} to ${clock(to)} `,
    link({ from: '', to: '', order: '', level: '' }, {}, 'back to now')] : []);
}

// ---- metrics --------------------------------------------------------------------------------------------------------

const charts = {
  rate: new Chart('rate', 'Requests per second', round, 1),
  errors: new Chart('errors', 'Share of requests with status 4xx and 5xx', percent, .04),
  latency: new Chart('latency', 'Duration of requests', took, .01, true),
  cpu: new Chart('cpu', 'CPU of the service', round, .1),
  flight: new Chart('flight', 'Requests in flight', round, 2),
  heap: new Chart('heap', 'Heap of the service', bytes => `${round(bytes / 1e6)} MB`, 1e7),
};

/** The time that the charts show: the last minutes, or a selection and as much before and after the selection. */
function stretch(from, to) {
  const around = Math.max(15, to - from);
  const back = Math.min(Number(shown('seconds') || 300), Math.max(60, status.metrics.scrapes));
  const now = Math.ceil(Date.now() / 1000);
  return to ? { from: Math.max(1, from - around), to: to + around } : { from: now - back, to: now };
}

/** A percentile in the lowest bucket: its exact size is unknown. */
const atMost = (seconds, lowest) => seconds === null ? '' : `${seconds === lowest ? '≤ ' : ''}${took(seconds)}`;

function showMetrics({ routes, requests, errors, percentiles, lowestBucket, gauges, dots, ...time }, code) {
  charts.latency.format = seconds => atMost(seconds, lowestBucket);
  const colours = { '4xx': 's4xx', '5xx': 's5xx', p50: 'c2', p95: 'c0', p99: 'c3', 'cores used': 'c0',
    'in flight': 'c3', used: 'c0', 'old generation': 'c1' };
  const show = (id, named, withDots = []) => {
    const curves = Object.entries(named).map(([name, values]) =>
      ({ name, values, colour: colours[name] ?? `c${routes.indexOf(name) % 8}` })); // a new route changes no colour
    put(charts[id].plot, [time, curves, withDots], () => charts[id].draw(time, curves, withDots), true);
  };
  show('rate', requests);
  show('errors', errors);
  show('latency', percentiles, dots.filter(dot => !code || dot.status[0] === code[0]));
  show('cpu', { 'cores used': gauges.cpuCores });
  show('flight', { 'in flight': gauges.activeRequests });
  show('heap', { used: gauges.heapBytes, 'old generation': gauges.oldGenerationBytes });
}

function showRoutes(routes) {
  const names = ['', ...new Set([...routes.map(one => one.route), shown('route')].filter(name => name))];
  put($('[name=route]'), names, all => all.map(name => el('option', { value: name }, name || 'all')));
  $('[name=route]').value = shown('route');
  const none = 'No requests in this time. A request appears here about a second after its response.';
  const head = ['route', 'per s', 'requests', '4xx', '5xx', 'p50', 'p95', 'p99'];
  put($('#routes div'), routes.length ? routes : none, () => [el('table', {},
    el('thead', {}, el('tr', {}, ...head.map(name => el('th', { scope: 'col' }, name)))),
    el('tbody', {}, ...routes.map(({ route, requests, perSecond, status4xx, status5xx, lowestBucket, ...row }) => {
      const failures = (n, status) => el('td', { class: n ? `s${status}` : '' }, n ? link({ route, status },
        { title: `show these ${status}` }, count(n), el('small', {}, ` (${percent(n / requests)})`)) : '0');
      return el('tr', { class: route === shown('route') ? 'lit' : '' },
        el('th', { scope: 'row' }, link({ route: route === shown('route') ? '' : route }, {}, route)),
        el('td', {}, round(perSecond)), el('td', {}, count(requests)), failures(status4xx, '4xx'),
        failures(status5xx, '5xx'), ...['p50', 'p95', 'p99'].map(p => el('td', {}, atMost(row[p], lowestBucket))));
    })))], true);
}

// ---- log lines and traces -------------------------------------------------------------------------------------------

const fields = values => el('dl', {}, ...Object.entries(values).flatMap(([name, value]) =>
  [el('dt', {}, name), el('dd', {}, text(value))]));

/** A line that shows and hides more. A summary may not contain a link. */
const unfolding = (attributes, line, ...more) => el('details', {}, el('summary', attributes, ...line),
  el('div', { class: 'more' }, ...more));

function logLine(raw) {
  let line = { message: raw }; // half a line, after a crash
  try { line = Object(JSON.parse(raw)); } catch { /* shown as text */ }
  const { timestamp, level = '', message, method, path, status: code, duration_ms: ms, trace_id: trace = '' } = line;
  const at = Date.parse(text(timestamp ?? '')) / 1000;
  const words = [message, method, path, code, Number.isFinite(ms) ? took(ms / 1000) : undefined]
    .filter(word => word !== undefined).map(text).join(' ') || raw;
  return el('li', {}, unfolding({ class: 'line', title: 'show all fields' }, [
    el('time', {}, at ? clockMs(at) : 'no time'), el('span', { class: text(level) }, text(level)),
    el('span', { class: 'message' }, words)], fields(line)),
  trace && !shown('trace') && link({ trace: text(trace) }, {}, 'trace'));
}

const bar = (from, length, all) => el('svg', { 'aria-hidden': 'true' }, el('rect', { rx: 2, height: '100%',
  x: `${limit(from / all * 100, 0, 100)}%`, width: `${limit(length / all * 100, .4, 100)}%` }));

function traceLines(traces) {
  const longest = Math.max(1e-6, ...traces.map(trace => trace.seconds));
  return traces.map(({ trace, start, name, service, status: code, complete, error, seconds }) => el('li', {},
    link({ trace }, { class: `trace s${code[0]}xx` }, el('time', {}, clockMs(start)),
      el('span', {}, name, el('small', {}, ` ${service}${complete ? '' : ', in progress: the root has not arrived'}`)),
      el('span', { class: 'code' }, `${code}${error && !(code >= '5') ? ' error' : ''}`),
      el('span', { class: 'took' }, took(seconds)), bar(0, seconds, longest))));
}

const KINDS = ['', 'internal', 'server', 'client', 'producer', 'consumer'];
const attributesOf = list => Object.fromEntries((list ?? []).map(({ key, value }) => [key, plain(value)]));

function plain(value) {
  const [[type, inner] = []] = Object.entries(value ?? {});
  return type === 'arrayValue' ? (inner.values ?? []).map(plain)
    : type === 'kvlistValue' ? attributesOf(inner.values) : inner ?? '';
}

const inSeconds = nanos => (Number(nanos) || 0) / 1e9; // OTLP/JSON leaves out a time of 0

/** The spans of OTLP/JSON, in order of their start; times in seconds. */
function spansOf({ resourceSpans }) {
  return resourceSpans.flatMap(({ resource, scopeSpans }) => scopeSpans.flatMap(scope => scope.spans).map(span => ({
    trace: span.traceId, id: span.spanId, parent: span.parentSpanId ?? '', name: span.name ?? '',
    service: text(attributesOf(resource?.attributes)['service.name'] ?? ''), kind: KINDS[span.kind ?? 0] ?? '',
    start: inSeconds(span.startTimeUnixNano),
    end: Math.max(inSeconds(span.startTimeUnixNano), inSeconds(span.endTimeUnixNano)),
    error: span.status?.code === 2, message: span.status?.message ?? '', attributes: attributesOf(span.attributes),
    links: (span.links ?? []).map(({ traceId, attributes }) => ({ trace: traceId, ...attributesOf(attributes) })),
    events: (span.events ?? []).map(event => ({ name: event.name ?? '', time: inSeconds(event.timeUnixNano),
      attributes: attributesOf(event.attributes) })),
  }))).sort((a, b) => a.start - b.start);
}

async function fetchTrace(id) {
  if (loaded?.[0].trace === id) return loaded;
  const trace = await fetchApi('trace', { id });
  return trace && spansOf(trace);
}

/** The spans of the trace to compare with, at first one with the same root and the median duration; null if none. */
async function fetchNormal(spans) {
  if (shown('compare').length > 1) return fetchTrace(shown('compare'));
  const [normal] = await fetchApi('traces', { name: rootOf(spans).name, order: 'typical' });
  return normal ? fetchTrace(normal.trace) : null;
}

async function openFile({ target }) {
  try {
    loaded = spansOf(JSON.parse(await target.files[0].text()));
    go({ trace: loaded[0].trace, compare: '' });
  } catch {
    alert(`${target.files[0].name} must be a trace as OTLP/JSON. "save as OTLP/JSON" writes such a file.`);
  }
  target.value = '';
}

const rootOf = spans => spans.find(span => !span.parent) ?? spans[0];

function showTrace(id, spans, normal) {
  const opened = id && $('#trace').hidden;
  $('#trace').hidden = !id;
  for (const list of document.querySelectorAll('.lists, #logs form')) list.hidden = Boolean(id);
  $('#logs').className = id ? 'full' : 'half';
  $('#logs h2').textContent = id ? 'Log lines of this trace' : 'Log';
  if (!id) return;
  const root = spans && rootOf(spans);
  const facts = spans && [took(Math.max(...spans.map(span => span.end)) - spans[0].start), `${spans.length} spans`,
    clockMs(spans[0].start), ...(root.parent ? ['in progress: the root has not arrived'] : [])].join(', ');
  put($('#trace h2'), [root?.name ?? 'Trace', facts, id], ([name]) => [name, el('small', {}, ` ${facts ?? ''} ${id}`)]);
  const compare = shown('compare');
  put($('#tools'), [id, compare, Boolean(spans)], () => [link({ trace: '', compare: '' }, {}, 'back to all'),
    ...(spans ? [link({ compare: compare ? '' : '1' }, {}, compare ? 'do not compare' : 'compare with a normal one'),
      el('a', { href: `/api/trace?id=${id}`, download: `trace-${id}.json` }, 'save as OTLP/JSON')] : [])]);
  const { summary = compare && spans ? 'No normal trace with this root is stored.' : '', rows = spans } =
    normal ? compared(spans, normal) : {};
  $('#difference').textContent = summary;
  if (opened) $('#trace').scrollIntoView({ block: 'nearest' });
  put($('#waterfall'), rows ?? `No spans of this trace are stored. ${COMING}`, waterfall);
}

/**
 * The place of each span in its trace, by span id: the names from the root to the span, and a number if several spans
 * have the same names. The last of them is number 1: the last retry corresponds to the only try of a normal trace.
 */
function places(spans) {
  const byId = new Map(spans.map(span => [span.id, span]));
  const names = (span, depth) => span && depth < 50 ? `${names(byId.get(span.parent), depth + 1)}/${span.name}` : '';
  const seen = {};
  return new Map(spans.toReversed().map(span => {
    const path = names(span, 0);
    seen[path] = (seen[path] ?? 0) + 1;
    return [span.id, `${path}#${seen[path]}`];
  }));
}

/** Each span with its twin in a normal trace, the normal trace's other spans as missing, and a summary. */
function compared(spans, normal) {
  const here = places(spans);
  const there = places(normal);
  const twins = new Map(normal.map(span => [there.get(span.id), span]));
  const ids = new Map(spans.map(span => [here.get(span.id), span.id]));
  const rows = spans.map(span => ({ ...span, twin: twins.get(here.get(span.id)) ?? null }));
  const missing = normal.filter(span => !ids.has(there.get(span.id))).map(span => ({ ...span, missing: true,
    parent: ids.get(there.get(span.parent)) ?? span.parent, start: span.start - normal[0].start + spans[0].start,
    end: span.end - normal[0].start + spans[0].start }));
  const longer = ({ start, end, twin }) => end - start - (twin ? twin.end - twin.start : 0);
  const own = row => longer(row) - rows.filter(child => child.parent === row.id).reduce((all, child) =>
    all + longer(child), 0);
  const [most] = rows.toSorted((a, b) => own(b) - own(a));
  const named = (label, some) => some.length ? ` ${label}: ${some.map(span => span.name).join(', ')}.` : '';
  const summary = `Compared with the normal trace ${normal[0].trace}. ${own(most) > 0.001
    ? `Most time was added in ${most.name} (${most.kind}) itself: ${took(own(most))}.` : 'No span is longer.'}`
    + named('Only here', rows.filter(row => !row.twin)) + named('Missing here', missing);
  return { summary, rows: [...rows, ...missing].sort((a, b) => a.start - b.start) };
}

/** The spans as bars on one time axis, each below its parent. */
function waterfall(spans) {
  const first = Math.min(...spans.map(span => span.start));
  const all = Math.max(1e-6, ...spans.map(span => span.end - first));
  const ids = new Set(spans.map(span => span.id));
  const left = new Set(spans); // a sender may give two spans each other as parent
  const rows = (span, depth) => left.delete(span) ? [spanRow(span, depth, first, all),
    ...spans.filter(child => child.parent === span.id).flatMap(child => rows(child, depth + 1))] : [];
  return [...spans.filter(span => !ids.has(span.parent)), ...spans].flatMap(span => rows(span, 0));
}

function spanRow(span, depth, first, all) {
  const { id, name, kind, service, start, end, error, message, attributes, events, links, twin, missing } = span;
  const route = attributes['http.route'];
  const exception = events.map(event => event.attributes['exception.message']).find(words => words);
  const label = el('span', { class: 'name' }, name || '(no name)',
    el('small', {}, ` ${kind} · ${service}${links.length ? ` · ${links.length} linked` : ''}`));
  label.style.paddingLeft = `${Math.min(depth, 12) * 14}px`;
  const normal = missing ? 'missing here' : twin ? `normal ${took(twin.end - twin.start)}`
    : twin === null && 'only here';
  const state = `${error ? ' error' : ''}${missing ? ' missing' : ''}`;
  return el('li', {}, unfolding({ class: `span ${kind}${state}`, title: 'show all attributes' }, [label,
    bar(start - first, end - start, all),
    el('span', { class: 'took' }, `${error ? '✕ ' : ''}${took(end - start)}`, normal && el('small', {}, ` ${normal}`)),
    error && el('span', { class: 'problem' }, text(exception ?? message))],
  route && link({ route: text(route), trace: '', compare: '' }, {}, `show the charts of ${text(route)}`),
  fields({ ...(message && { message }), ...attributes, span_id: id }),
  ...links.map(({ trace, ...more }) => el('p', {}, 'linked to ', link({ trace }, {}, `trace ${trace}`), fields(more))),
  ...events.map(event => fields({ event: event.name, after: took(event.time - first), ...event.attributes }))));
}

// ---- the state of the inputs ----------------------------------------------------------------------------------------

function showStatus(lost) {
  const { scraper, metrics, follower, logs, traces, otlp } = status ?? {};
  const input = (name, state, words, title) => el('li', { class: state, title }, el('b', {}, name), ` ${words}`);
  const stored = ({ bytesKept, maxBytes }) => `${(bytesKept / 1e6).toFixed(1)} of ${maxBytes / 1e6} MB are stored`;
  if (status) {
    $('#inputs').replaceChildren(
      input('Metrics', scraper.up ? '' : metrics.scrapes ? 'down' : 'waiting', `${count(metrics.scrapes)} scrapes`,
        `${scraper.from} every second; 15 minutes are stored, ${metrics.series} of ${metrics.maxSeries} series`),
      input('Log', logs.lines ? '' : 'waiting', `${count(logs.lines)} lines`,
        `${follower.from}: ${stored(logs)} ${follower.problem}`),
      input('Traces', traces.spans ? '' : 'waiting', `${count(traces.spans)} spans`, `${otlp}: ${stored(traces)}`));
  }
  const problem = lost ? 'Pocket does not respond.' : scraper.up ? '' : metrics.scrapes
    ? `The service has not responded since ${clock(scraper.since / 1000)}: ${scraper.problem} (${scraper.from}). `
      + 'Pocket keeps its data and retries every second.'
    : `Waiting for the service. Metrics: ${scraper.from} (${scraper.problem}). Log: ${follower.from}. `
      + `Traces: ${otlp}.`;
  $('#problem').hidden = !problem;
  if ($('#problem').textContent !== problem) $('#problem').textContent = problem;
}

let timer;

/** Once per second, and immediately when the address changes; a hidden page fetches nothing. */
async function poll() {
  if (!document.hidden) await draw().catch(problem => console.warn(problem));
  clearTimeout(timer);
  timer = setTimeout(poll, 1000);
}

for (const event of ['popstate', 'resize', 'visibilitychange']) addEventListener(event, poll);
addEventListener('change', event => event.target.name && go({ [event.target.name]: event.target.value.trim() }));
$('[type=file]').addEventListener('change', openFile);
poll();
