'use strict';
// The page asks the server for what the address bar says and draws the answers; when an event says that something
// changed, it asks again. Whatever comes from a log line or a span is put in as text, never as markup.

const $ = selector => document.querySelector(selector);
const count = new Intl.NumberFormat('en').format;
const round = new Intl.NumberFormat('en', { maximumSignificantDigits: 3 }).format;
const clock = ms => new Date(ms).toLocaleTimeString('en-GB');
const clockMs = ms => `${clock(ms)}.${String(Math.floor(ms) % 1000).padStart(3, '0')}`;
const took = seconds => seconds >= 1 ? `${round(seconds)} s` : `${round(seconds * 1000)} ms`;
const percent = share => `${round(share * 100)} %`;

const SVG = new Set(['svg', 'path', 'rect', 'circle', 'text']);

/** el('a', {class: 'x', click: doIt}, 'text', child); what is undefined or '' is left out. */
function el(tag, attributes = {}, ...children) {
  const element = document.createElementNS(`http://www.w3.org/${SVG.has(tag) ? '2000/svg' : '1999/xhtml'}`, tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') element.addEventListener(name, value);
    else if (value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children.filter(child => child !== undefined && child !== ''));
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
  refresh();
}

/** A real link (it can be copied or opened in a tab) that changes what is shown without loading the page anew. */
const link = (changes, attributes, ...children) => el('a', { ...attributes, href: address(changes), click: event => {
  if (event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  go(changes);
} }, ...children);

addEventListener('popstate', () => refresh());
addEventListener('change', event => go({ [event.target.name]: event.target.value.trim() }));

// ---- asking and drawing ---------------------------------------------------------------------------------------------

async function ask(path, parameters) {
  const pairs = Object.entries(parameters).flatMap(([name, values]) => [values].flat().map(value => [name, value]));
  const response = await fetch(`/api/${path}?${new URLSearchParams(pairs.filter(([, value]) => value !== ''))}`);
  if (!response.ok && response.status !== 404) throw new Error(await response.text());
  return response.json();
}

let status; // how the inputs do, from the last event
let asking = false;
let again = false;
let charted;
let pressed = false; // what is being clicked must not be replaced before the button is up again
addEventListener('pointerdown', () => { pressed = true; }, true);
for (const end of ['pointerup', 'pointercancel']) {
  addEventListener(end, () => setTimeout(() => { pressed = false; }), true);
}

/** One at a time; calls that come meanwhile become one more, with what is shown by then. */
async function refresh() {
  again = asking;
  if (asking) return;
  asking = true;
  await draw().catch(problem => console.warn(problem));
  asking = false;
  if (again) refresh();
}

async function draw() {
  const { search } = location;
  const [trace, route, from, to] = ['trace', 'route', 'from', 'to'].map(shown);
  const pair = (name, value) => value && `${JSON.stringify(name)}:${JSON.stringify(value)}`; // as it stands in a line
  const words = trace ? pair('trace_id', trace) : [pair('level', shown('level')), pair('method', shown('method')),
    pair('route', route), pair('trace_id', shown('id')), shown('text')];
  const time = stretch(Number(from), Number(to));
  const state = `${search} ${status?.metrics.scrapes} ${innerWidth}`; // charts change with a scrape, lists at any time
  const [metrics, lines, whole, traces] = await Promise.all([
    state === charted ? null : ask('metrics', { ...time, route }),
    ask('logs', { word: words, limit: trace ? 500 : 100, ...(!trace && { from, to }) }),
    trace ? ask('trace', { id: trace }) : null,
    trace ? [] : ask('traces', { from, to, route, order: shown('order'), limit: 50 })]);
  if (pressed || search !== location.search) return;
  showControls(from, to);
  explain();
  if (metrics) showMetrics(time, metrics);
  charted = state;
  showTrace(trace, whole);
  const noLine = status?.logs.lines ? `No line like this is kept. ${COMING}`
    : `Lines appear here as the service writes them to ${status?.follower.from ?? 'its log'}.`;
  const noTrace = status?.traces.spans ? `No trace like this is kept. ${COMING}`
    : `Traces appear here when a sender brings spans to ${status?.otlp ?? 'the OTLP port'}.`;
  put($('#logs ol'), lines.length ? lines : noLine, all => (trace ? all.reverse() : all).map(logLine), !trace);
  put($('#traces ol'), traces.length ? traces : noTrace, traceLines, true);
}

const COMING = 'New ones come within a second; the oldest go when memory is full.';
const drawn = new WeakMap();

/**
 * Draws data in a place unless it is there already; text instead of data says why there is none. A list that holds
 * stays as it is while someone reads it (pointer, focus, something unfolded), until the address changes.
 */
function put(place, data, make, holds = false) {
  const now = { search: location.search, data: JSON.stringify(data) };
  const before = drawn.get(place);
  const read = ':is(:hover, :focus-within, :has(details[open])):not(:has(.empty))';
  if (before?.search === now.search && (before.data === now.data || holds && place.matches(read))) return;
  drawn.set(place, now);
  const focused = place.contains(document.activeElement) && document.activeElement.textContent;
  const empty = place.tagName === 'OL' ? 'li' : 'p';
  place.replaceChildren(...(typeof data === 'string' ? [el(empty, { class: 'empty' }, data)] : make(data)));
  if (focused) [...place.querySelectorAll('a')].find(one => one.textContent === focused)?.focus();
}

function showControls(from, to) {
  for (const control of document.querySelectorAll('select, input')) {
    if (control.type !== 'search' || control !== document.activeElement) control.value = shown(control.name);
  }
  $('#span').replaceChildren(...(to ? [`${clock(from * 1000)} to ${clock(to * 1000)} only. `,
    link({ from: '', to: '', order: '', level: '' }, {}, 'back to now')] : []));
}

// ---- metrics: what a query does in PromQL ---------------------------------------------------------------------------

const charts = {
  rate: new Chart('rate', 'Requests per second', round, 1),
  errors: new Chart('errors', 'Share of failed requests', percent, .04),
  latency: new Chart('latency', 'Duration of requests', took, .01, true),
  heap: new Chart('heap', 'Heap of the service', bytes => `${round(bytes / 1e6)} MB`, 1e7),
  flight: new Chart('flight', 'Requests in flight', round, 2),
};

/** The time that charts show, in about 60 steps on multiples of their length, so that curves keep their shape. */
function stretch(from, to) {
  const around = Math.max(15, to - from);
  const back = Math.min(Number(shown('seconds') || 300), Math.max(60, status?.metrics.scrapes ?? 0));
  const now = Math.ceil(Date.now() / 1000);
  const [begin, end] = to ? [Math.max(0, from - around), to + around] : [now - back, now];
  const step = limit(Math.ceil((end - begin) / 60), 2, 60);
  const start = Math.floor(begin / step) * step;
  return { from: start, step, steps: Math.min(900, Math.ceil((end - start) / step)) };
}

const sum = numbers => numbers.reduce((all, one) => all + one, 0);
const at = (series, i) => sum(series.map(one => one.values[i] ?? 0));
const bound = one => one.labels.le === '+Inf' ? Infinity : Number(one.labels.le);

/** A histogram's buckets from many series: [upper bound, how many took at most that long]; value: what each adds. */
function buckets(series, value) {
  const sums = new Map();
  for (const one of series) sums.set(bound(one), (sums.get(bound(one)) ?? 0) + value(one));
  return [...sums].sort(([a], [b]) => a - b);
}

/** PromQL's histogram_quantile: within a bucket values are taken as evenly spread; null where nothing was counted. */
function quantile(share, counts) {
  const rank = share * (counts.at(-1)?.[1] ?? 0);
  if (!rank) return null;
  const i = counts.findIndex(([, n]) => n >= rank);
  const [[low, below], [high, n]] = [counts[i - 1] ?? [0, 0], counts[i]];
  return high === Infinity ? low : low + (high - low) * (rank - below) / (n - below);
}

const colours = new Map();
const colour = route => colours.get(route) ?? colours.set(route, `c${colours.size % 6}`).get(route);

function showMetrics(time, { millis, series, dots }) {
  const route = shown('route');
  const steps = value => millis.map((ms, i) => ms ? value(i, ms / 1000) : null); // null: no scrape then
  const requests = Object.entries(Object.groupBy(series.filter(one => one.labels.le), one => one.labels.http_route));
  const routes = requests.sort().map(([name, own]) => {
    const every = own.filter(one => bound(one) === Infinity); // the bucket that counts each request
    return { name, own, every, failed: every.filter(one => one.labels.http_response_status_code.startsWith('5')) };
  }).filter(({ every }) => every.some(one => one.values.length));
  const chosen = routes.filter(one => !route || one.name === route);
  const byRoute = value => chosen.map(one =>
    ({ name: one.name, colour: colour(one.name), values: steps((i, seconds) => value(one, i, seconds)) }));
  charts.rate.draw(time, byRoute((one, i, seconds) => at(one.every, i) / seconds));
  charts.errors.draw(time, byRoute((one, i) => at(one.every, i) ? at(one.failed, i) / at(one.every, i) : null));
  const counts = steps(i => buckets(chosen.flatMap(one => one.own), one => one.values[i] ?? 0));
  charts.latency.draw(time, [[.5, 'c2'], [.95, 'c0'], [.99, 'c5']].map(([share, colour]) =>
    ({ name: `p${share * 100}`, colour, values: counts.map(one => one && quantile(share, one)) })), dots);
  const gauge = (name, colour, metric, area) => ({ name, colour, values: steps(i =>
    at(series.filter(one => one.name === metric && one.labels.area === area), i)) });
  charts.heap.draw(time, [gauge('used', 'c0', 'jvm_memory_used_bytes', 'heap'),
    gauge('after collection', 'c1', 'jvm_memory_pool_collection_used_bytes')]);
  charts.flight.draw(time, [gauge('in flight', 'c3', 'http_server_active_requests')]);
  showRoutes(routes, sum(millis) / 1000);
}

function showRoutes(routes, seconds) {
  const names = ['', ...new Set([...routes.map(one => one.name), shown('route')].filter(name => name))];
  put($('[name=route]'), names, all => all.map(name => el('option', { value: name }, name || 'all')));
  $('[name=route]').value = shown('route');
  const total = series => sum(series.flatMap(one => one.values));
  const rows = routes.map(({ name, own, every, failed }) => {
    const [all, failures, whole] = [total(every), total(failed), buckets(own, one => sum(one.values))];
    return [name, round(all / seconds), count(all), failures ? `${count(failures)} (${percent(failures / all)})` : '0',
      ...[.5, .95, .99].map(share => took(quantile(share, whole)))];
  });
  const none = 'No requests in this time. The first ones appear here about a second after they were answered.';
  const head = ['route', 'requests/s', 'requests', 'failed', 'p50', 'p95', 'p99'];
  put($('#routes div'), rows.length ? rows : none, () => [el('table', {},
    el('tr', {}, ...head.map(name => el('th', { scope: 'col' }, name))),
    ...rows.map(([name, ...cells]) => el('tr', { class: name === shown('route') ? 'lit' : '' },
      el('td', {}, link({ route: name === shown('route') ? '' : name }, {}, name)),
      ...cells.map(cell => el('td', {}, cell)))))], true);
}

// ---- log lines and traces -------------------------------------------------------------------------------------------

const fields = values => el('dl', {}, ...Object.entries(values).flatMap(([name, value]) =>
  [el('dt', {}, name), el('dd', {}, typeof value === 'object' ? JSON.stringify(value) : String(value))]));

function logLine(text) {
  let line;
  try { line = Object(JSON.parse(text)); } catch { line = { message: text }; } // half a line, after a crash
  const { timestamp, level = '', message, method, path, status: code, duration_ms: ms, trace_id: trace = '' } = line;
  const words = [message, method, path, code, ms && took(ms / 1000)].filter(word => word !== undefined).join(' ');
  const unfold = ({ target }) => { if (target.children.length === 1) target.append(fields(line)); };
  return el('li', {}, el('details', { toggle: unfold }, el('summary', { class: 'line' },
    el('time', {}, timestamp ? clockMs(Date.parse(timestamp)) : ''), el('span', { class: level }, level),
    trace ? link({ trace }, { class: 'message' }, words) : el('span', { class: 'message' }, words),
    el('small', {}, String(trace).slice(0, 8)))));
}

const bar = (from, length, all) => el('svg', { 'aria-hidden': 'true' }, el('rect', { rx: 2, height: '100%',
  x: `${Math.max(0, from / all * 100)}%`, width: `${Math.max(.4, length / all * 100)}%` }));

function traceLines(traces) {
  const longest = Math.max(1, ...traces.map(trace => trace.duration));
  return traces.map(({ trace, start, name, service, status: code, failed, duration }) => el('li', {},
    link({ trace }, { class: `trace${failed ? ' failed' : ''}` }, el('time', {}, clockMs(start / 1000)),
      el('span', {}, name, el('small', {}, ` ${service}`)), el('span', {}, failed ? `✕ ${code}` : code),
      el('span', { class: 'took' }, took(duration / 1e6)), bar(0, duration, longest))));
}

let opened = '';

function showTrace(id, whole) {
  $('#trace').hidden = !id;
  for (const list of document.querySelectorAll('.lists, #logs form')) list.hidden = Boolean(id);
  $('#logs').className = id ? 'full' : 'half';
  $('#logs h2').textContent = id ? 'Log lines of this trace' : 'Log';
  const { name = 'Trace', duration, spans, start, failed } = whole?.summary ?? {};
  const facts = whole && `${took(duration / 1e6)}, ${spans} spans, ${clockMs(start / 1000)}${failed ? ', failed' : ''}`;
  put($('#trace h2'), [id, name, facts], () => [link({ trace: '' }, { class: 'close' }, 'back to all'), name,
    el('small', {}, ` ${facts ?? ''} ${id}`)]);
  put($('#waterfall'), whole?.spans ?? `Its spans are not here. ${COMING}`, waterfall);
  if (id && id !== opened) {
    $('#trace').scrollIntoView({ block: 'nearest' });
    $('#trace h2').focus({ preventScroll: true });
  }
  opened = id;
}

/** The spans as bars on one time axis, each below its parent. */
function waterfall(spans) {
  const first = Math.min(...spans.map(span => span.start));
  const all = Math.max(1, ...spans.map(span => span.end - first));
  const ids = new Set(spans.map(span => span.id));
  const left = new Set(spans); // a sender may claim that two spans are each other's parent
  const rows = (span, depth) => left.delete(span) ? [spanRow(span, depth, first, all),
    ...spans.filter(child => child.parent === span.id).flatMap(child => rows(child, depth + 1))] : [];
  return [...spans.filter(span => !ids.has(span.parent)), ...spans].flatMap(span => rows(span, 0));
}

function spanRow({ id, name, kind, service, start, end, failed, message, attributes, events }, depth, first, all) {
  const route = attributes['http.route'];
  const exception = events.map(event => event.attributes['exception.message']).find(text => text);
  const title = `show the charts of ${route}`;
  const label = el('span', { class: 'name' }, route ? link({ route }, { title }, name) : name,
    el('small', {}, ` ${kind} · ${service}`));
  label.style.paddingLeft = `${Math.min(depth, 12) * 14}px`;
  return el('details', {}, el('summary', { class: `span ${kind}${failed ? ' failed' : ''}` },
    label, bar(start - first, end - start, all),
    el('span', { class: 'took' }, `${failed ? '✕ ' : ''}${took((end - start) / 1e6)}`),
    el('span', { class: 'error' }, failed ? exception ?? message : '')),
  fields({ ...(message && { message }), ...attributes, span_id: id }),
  ...events.map(event => fields({ event: event.name, after: took((event.time - first) / 1e6), ...event.attributes })));
}

// ---- what the full stack would be asked -----------------------------------------------------------------------------

for (const footer of document.querySelectorAll('footer')) {
  footer.replaceChildren(el('details', {}, el('summary', {}, footer.textContent), el('code')));
}

function explain() {
  const [trace, route, level, method, text, id] = ['trace', 'route', 'level', 'method', 'text', 'id'].map(shown);
  const given = (between, ...parts) => parts.filter(part => part).join(between);
  const is = (name, value, equals = '=') => value && `${name}${equals}${JSON.stringify(value)}`;
  const rate = (name, more) => `rate(http_server_request_duration_seconds_${name}{${
    given(', ', is('http_route', route) || 'http_route!~"/metrics|/healthz|/readyz"', more)}}[1m])`;
  const labels = trace ? '' : given(', ', is('level', level), is('method', method));
  const filters = trace ? [is('trace_id', trace, ' = ')]
    : [is('trace_id', id, ' = '), route && `json | ${is('route', route, ' = ')}`];
  const queries = {
    rate: `sum by (http_route) (${rate('count')})`,
    errors: `sum by (http_route) (${rate('count', 'http_response_status_code=~"5.."')})
/ sum by (http_route) (${rate('count')})`,
    latency: `histogram_quantile(0.95, sum by (le) (${rate('bucket')}))`,
    heap: 'sum(jvm_memory_used_bytes{area="heap"})\nsum(jvm_memory_pool_collection_used_bytes)',
    flight: 'sum(http_server_active_requests)',
    logs: given(' ', `{${given(', ', 'service="api"', labels)}}`, !trace && text && `|= ${JSON.stringify(text)}`,
      ...filters.map(filter => filter && `| ${filter}`)),
    traces: `{ ${given(' && ', 'resource.service.name = "api"', is('span.http.route', route, ' = '),
      shown('order') === 'failed' && 'status = error')} }`,
    trace: `{ trace:id = "${trace}" }`,
  };
  for (const [panel, query] of Object.entries(queries)) $(`#${panel} code`).textContent = query;
}

// ---- how it goes ----------------------------------------------------------------------------------------------------

function showStatus(lost = '') {
  const { scraper, metrics, follower, logs, traces, otlp } = status ?? {};
  const input = (name, state, text, title) => el('li', { class: state, title }, el('b', {}, name), ` ${text}`);
  const kept = ({ bytesKept, bytesMost }) => `${(bytesKept / 1e6).toFixed(1)} of ${bytesMost / 1e6} MB are kept`;
  if (status) {
    $('#inputs').replaceChildren(
      input('Metrics', scraper.up ? '' : metrics.scrapes ? 'away' : 'waiting', `${count(metrics.scrapes)} scrapes`,
        `${scraper.from} every second; 15 minutes are kept, ${metrics.series} of ${metrics.seriesMost} series`),
      input('Log', logs.lines ? '' : 'waiting', `${count(logs.lines)} lines`,
        `${follower.from}: ${kept(logs)} ${follower.problem}`),
      input('Traces', traces.spans ? '' : 'waiting', `${count(traces.spans)} spans`, `${otlp}: ${kept(traces)}`));
  }
  const away = lost || (!status || scraper.up ? '' : metrics.scrapes
    ? `The service is away since ${clock(scraper.since)}: ${scraper.problem} (${scraper.from}). What was received `
      + 'stays here; Pocket asks again every second.'
    : `Waiting for the service: ${scraper.from} (${scraper.problem}). Metrics are scraped from there every second, log `
      + `lines are read from ${follower.from}, traces come to ${otlp}.`);
  $('#away').hidden = !away;
  if ($('#away').textContent !== away) $('#away').textContent = away;
}

let events;
let told;
let silence;

/** A page that nobody sees listens no more: all of a browser's tabs share its six connections to a host. */
function listen() {
  events?.close();
  clearTimeout(silence);
  if (document.hidden) return;
  events = new EventSource('/api/events');
  events.onmessage = ({ data }) => {
    clearTimeout(silence);
    if (data === told && $('#away').hidden) return; // nothing is new
    told = data;
    status = JSON.parse(data);
    showStatus();
    refresh();
  };
  events.onerror = () => {
    clearTimeout(silence);
    silence = setTimeout(showStatus, 2000, 'Pocket itself does not answer this page (at most 16 can be seen at once).');
    if (events.readyState === EventSource.CLOSED) setTimeout(listen, 5000); // refused, as one page too many is
  };
}

listen();
refresh();
document.addEventListener('visibilitychange', () => {
  listen();
  refresh();
});
addEventListener('resize', () => refresh());
