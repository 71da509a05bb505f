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

let latest = 0;

/** Shows what the address says. A newer call supersedes this call. */
async function draw() {
  const mine = ++latest;
  const inputs = await fetchApi('status').catch(() => null);
  showStatus(inputs);
  if (!inputs) return;
  const [trace, route, from, to, code] = ['trace', 'route', 'from', 'to', 'status'].map(shown);
  const selected = { from, to, route, status: code };
  const chartTime = stretch(Number(from), Number(to), inputs[0].count);
  const [metrics, routes, lines, spans, traces] = await Promise.all([
    fetchApi('metrics', { ...chartTime, route }),
    fetchApi('routes', to ? { from, to } : chartTime),
    fetchApi('logs', trace ? { trace, limit: 500 }
      : { ...selected, level: shown('level'), text: shown('text') }),
    trace && fetchApi('trace', { id: trace }),
    trace ? [] : fetchApi('traces', { ...selected, order: shown('order'), limit: 50 })]);
  if (mine !== latest) return;
  showMetrics(metrics, route, code);
  showControls(from, to);
  showRoutes(routes);
  showTrace(trace, spans);
  put($('#logs ol'), lines.length ? lines : `No such line is stored. ${COMING}`,
    all => (trace ? all.reverse() : all).map(logLine), !trace);
  put($('#traces ol'), traces.length ? traces : `No such trace is stored. ${COMING}`, traceLines, true);
}

const COMING = 'New data appears within a second. The oldest data is dropped when the memory is full.';
const drawn = new WeakMap();

/**
 * Draws data in an element unless it is there already; a text instead of data explains why there is no data. An element
 * with holds = true does not change while the user points at it, until the address or the width changes.
 */
function put(place, data, make, holds = false) {
  const now = { shape: location.search + innerWidth, data: JSON.stringify(data) };
  const before = drawn.get(place);
  const used = ':is(:hover, :has(:focus-visible), :has([open])):not(:has(.empty))';
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
function stretch(from, to, scrapes) {
  const around = Math.max(15, to - from);
  const back = Math.min(Number(shown('seconds') || 300), Math.max(60, scrapes));
  const now = Math.ceil(Date.now() / 1000);
  return to ? { from: Math.max(1, from - around), to: to + around } : { from: now - back, to: now };
}

function showMetrics({ requests, errors, percentiles, gauges, dots, ...time }, route, code) {
  const routes = Object.keys(requests);
  put($('[name=route]'), [...new Set(['', ...routes, route])],
    all => all.map(name => el('option', { value: name }, name || 'all')));
  const colours = { '4xx': 's4xx', '5xx': 's5xx', p50: 'c2', p95: 'c0', p99: 'c3', 'cores used': 'c0',
    'in flight': 'c3', used: 'c0', 'old generation': 'c1' };
  const show = (id, named, withDots = []) => {
    const curves = Object.entries(named).map(([name, values]) =>
      ({ name, values, colour: colours[name] ?? `c${routes.indexOf(name) % 6}` })); // a new route changes no colour
    put(charts[id].plot, [time, curves, withDots], () => charts[id].draw(time, curves, withDots), true);
  };
  show('rate', Object.fromEntries(Object.entries(requests).filter(([name, values]) =>
    route ? name === route : values.some(value => value > 0))));
  show('errors', errors);
  show('latency', percentiles, dots.filter(dot => !code || dot.status[0] === code[0]));
  show('cpu', { 'cores used': gauges.cpuCores });
  show('flight', { 'in flight': gauges.activeRequests });
  show('heap', { used: gauges.heapBytes, 'old generation': gauges.oldGenerationBytes });
}

function showRoutes(routes) {
  const head = ['route', 'per s', 'requests', '4xx', '5xx', 'p50', 'p95', 'p99'];
  put($('#routes div'), routes.length ? routes : `No requests in this time. ${COMING}`, () => [el('table', {},
    el('thead', {}, el('tr', {}, ...head.map(name => el('th', { scope: 'col' }, name)))),
    el('tbody', {}, ...routes.map(({ route, requests, perSecond, status4xx, status5xx, p50, p95, p99 }) => {
      const failures = (n, status) => el('td', { class: `s${status}` }, n ? link({ route, status }, {}, count(n),
        el('small', {}, ` (${percent(n / requests)})`)) : '0');
      return el('tr', { class: route === shown('route') ? 'lit' : '' },
        el('th', { scope: 'row' }, link({ route: route === shown('route') ? '' : route }, {}, route)),
        el('td', {}, round(perSecond)), el('td', {}, count(requests)), failures(status4xx, '4xx'),
        failures(status5xx, '5xx'), ...[p50, p95, p99].map(seconds => el('td', {}, took(seconds))));
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

function showTrace(id, spans) {
  const opened = id && $('#trace').hidden;
  $('#trace').hidden = !id;
  for (const list of document.querySelectorAll('.lists, #logs form')) list.hidden = Boolean(id);
  $('#logs').className = id ? 'full' : 'half';
  $('#logs h2').textContent = id ? 'Log lines of this trace' : 'Log';
  if (!id) return;
  const root = spans?.find(span => !span.parent) ?? spans?.[0];
  const facts = spans ? [took(Math.max(...spans.map(span => span.start + span.seconds)) - spans[0].start),
    `${spans.length} spans`, clockMs(spans[0].start), id] : [id];
  put($('#trace h2'), [root?.name ?? 'Trace', facts], ([name]) => [name, el('small', {}, ` ${facts.join(', ')}`)]);
  put($('#tools'), [id], () => [link({ trace: '' }, {}, 'back to all')]);
  if (opened) $('#trace').scrollIntoView({ block: 'nearest' });
  put($('#waterfall'), spans ?? `No spans of this trace are stored. ${COMING}`, waterfall);
}

/** The spans as bars on one time axis, each below its parent. */
function waterfall(spans) {
  const first = spans[0].start;
  const all = Math.max(1e-6, ...spans.map(span => span.start + span.seconds - first));
  const ids = new Set(spans.map(one => one.span));
  const left = new Set(spans); // a sender may give two spans each other as parent
  const rows = (span, depth) => left.delete(span) ? [spanRow(span, depth, first, all),
    ...spans.filter(child => child.parent === span.span).flatMap(child => rows(child, depth + 1))] : [];
  return [...spans.filter(span => !ids.has(span.parent)), ...spans].flatMap(span => rows(span, 0));
}

function spanRow(span, depth, first, all) {
  const { name, kind, service, start, seconds, error, message, attributes, events } = span;
  const route = attributes['http.route'];
  const exception = events.map(event => event.attributes['exception.message']).find(words => words);
  const label = el('span', { class: 'name' }, name || '(no name)', el('small', {}, ` ${kind} · ${service}`));
  label.style.paddingLeft = `${Math.min(depth, 12) * 14}px`;
  return el('li', {}, unfolding({ class: `span ${kind}${error ? ' error' : ''}`, title: 'show all attributes' }, [label,
    bar(start - first, seconds, all), el('span', { class: 'took' }, `${error ? '✕ ' : ''}${took(seconds)}`),
    error && el('span', { class: 'problem' }, text(exception ?? message))],
  route && link({ route: text(route), trace: '' }, {}, `show the charts of ${text(route)}`),
  fields({ ...(message && { message }), ...attributes, span_id: span.span }),
  ...events.map(event => fields({ event: event.name, after: took(event.time - first), ...event.attributes }))));
}

// ---- the state of the inputs ----------------------------------------------------------------------------------------

function showStatus(inputs) {
  const problem = inputs ? inputs.filter(input => input.problem).map(({ name, from, problem }) =>
    `${name}: ${problem} (${from}).`).join(' ') : 'Pocket does not respond.';
  $('#problem').hidden = !problem;
  if ($('#problem').textContent !== problem) $('#problem').textContent = problem; // announced when it changes
  put($('#inputs'), inputs ?? [], all => all.map(({ name, count: arrived, unit, from, problem }) =>
    el('li', { class: problem ? 'down' : arrived ? '' : 'waiting', title: from }, el('b', {}, name),
      ` ${count(arrived)} ${unit}`)));
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
poll();
