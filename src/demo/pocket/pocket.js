'use strict';
// The page asks the server for what the address bar says, shows it, and asks again when an event says that it changed.
// Whatever comes from a log line or a span is put in as text, never as markup.

const $ = (selector, within = document) => within.querySelector(selector);
const number = new Intl.NumberFormat('en');
const short = new Intl.NumberFormat('en', { maximumSignificantDigits: 3 });
const clock = ms => new Date(ms).toLocaleTimeString('en-GB');
const clockMs = ms => `${clock(ms)}.${String(Math.floor(ms) % 1000).padStart(3, '0')}`;
const took = seconds => seconds >= 1 ? `${short.format(seconds)} s` : `${short.format(seconds * 1000)} ms`;
const percent = share => `${short.format(share * 100)} %`;
const SVG = 'http://www.w3.org/2000/svg';

// ---- elements: el('a', {class: 'x', href: '…'}, 'text', child) ------------------------------------------------------

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') element.addEventListener(name, value);
    else if (value !== undefined && value !== false) element.setAttribute(name, value);
  }
  element.append(...children.filter(child => child !== undefined && child !== ''));
  return element;
}
const el = (tag, attributes = {}, ...children) => fill(document.createElement(tag), attributes, children);
const svg = (tag, attributes = {}, ...children) => fill(document.createElementNS(SVG, tag), attributes, children);

// ---- what is shown: the address bar ---------------------------------------------------------------------------------

const shown = name => new URLSearchParams(location.search).get(name) ?? '';

function address(changes) {
  const query = new URLSearchParams(location.search);
  for (const [name, value] of Object.entries(changes)) value === '' ? query.delete(name) : query.set(name, value);
  return `?${query}`;
}

function go(changes) {
  if (address(changes) === address({})) return;
  history.pushState(null, '', address(changes));
  render();
}

/** A real link (it can be copied or opened in a tab) that changes what is shown without loading the page anew. */
const link = (changes, attributes, ...children) => {
  const make = attributes.svg ? svg : el;
  return make('a', { ...attributes, svg: undefined, href: address(changes), click: event => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    go(changes);
  } }, ...children);
};

// ---- asking ---------------------------------------------------------------------------------------------------------

async function ask(path, parameters = {}) {
  const given = Object.entries(parameters).filter(([, value]) => value !== '' && value !== undefined);
  const response = await fetch(`${path}?${new URLSearchParams(given)}`);
  if (response.status === 404) return null;
  if (!response.ok) throw new Error(await response.text());
  const answer = await response.json();
  await released;
  return answer;
}

/** Settled unless a pointer is down: what is being clicked must not be replaced before the button is up again. */
let released;
let release;
addEventListener('pointerdown', () => { released ??= new Promise(resolve => { release = resolve; }); }, true);
for (const end of ['pointerup', 'pointercancel']) {
  addEventListener(end, () => setTimeout(() => {
    release?.();
    released = release = undefined;
  }), true);
}

/** Runs one at a time; calls that come meanwhile become one more run, with what is shown by then. */
function single(task) {
  let running = false;
  let again = false;
  return async function run() {
    if (running) { again = true; return; }
    running = true;
    try { await task(); } catch (problem) { console.warn(problem); }
    running = false;
    if (again) { again = false; run(); }
  };
}

const times = () => ({ from: shown('from'), to: shown('to') });

// ---- charts ---------------------------------------------------------------------------------------------------------

const LEFT = 48, RIGHT = 8, TOP = 8, BOTTOM = 20;

class Chart {
  constructor(panel, { format, log = false, atLeast, label }) {
    this.host = $('.chart', panel);
    this.format = format;
    this.log = log;
    this.atLeast = atLeast;
    this.svg = svg('svg', { tabindex: 0, role: 'group', 'aria-label': `${label}. Left and right move, up and down go to a request, `
      + 'Shift with left and right selects a time, Enter opens it.' });
    this.tip = el('div', { class: 'tip', hidden: '' });
    this.key = el('div', { class: 'key' });
    this.host.append(this.svg, this.tip);
    this.host.after(this.key);
    this.svg.addEventListener('pointerdown', event => this.press(event));
    this.svg.addEventListener('pointermove', event => this.move(event));
    this.svg.addEventListener('pointerup', () => this.release());
    this.svg.addEventListener('pointerleave', () => { if (this.pressed === undefined) this.point(undefined); });
    this.svg.addEventListener('blur', () => this.point(undefined));
    this.svg.addEventListener('keydown', event => this.type(event));
    new ResizeObserver(() => this.draw()).observe(this.host);
  }

  show(data) {
    this.data = data;
    this.draw();
  }

  draw() {
    if (!this.data) return;
    const { start, step, steps, curves, dots = [] } = this.data;
    this.width = this.host.clientWidth;
    this.height = this.host.clientHeight;
    this.from = start;
    this.to = start + step * steps;
    const values = curves.flatMap(curve => curve.values).concat(dots.map(dot => dot.seconds)).filter(value => value !== null && value > 0);
    this.svg.setAttribute('viewBox', `0 0 ${this.width} ${this.height}`);
    const parts = this.axes(values);
    if (shown('to')) parts.push(this.band(Number(shown('from')), Number(shown('to'))));
    this.selection = svg('g');
    parts.push(this.selection);
    for (const curve of curves) parts.push(...this.curve(curve, start, step));
    for (const dot of dots) {
      parts.push(link({ trace: dot.trace }, { svg: true, tabindex: -1, 'data-trace': dot.trace,
        class: `dot${dot.status >= '5' ? ' failed' : ''}${dot.trace === shown('trace') ? ' open' : ''}` },
      svg('title', {}, `${dot.method} ${dot.route} ${dot.status} took ${took(dot.seconds)} at ${clock(dot.time * 1000)}`),
      svg('circle', { cx: this.x(dot.time), cy: this.y(dot.seconds), r: 3.4 })));
    }
    this.svg.replaceChildren(...parts);
    this.key.replaceChildren(...curves.map(curve => el('span', { class: curve.class }, el('i'), `${curve.name} ${this.last(curve)}`)));
    if (this.at !== undefined) this.point(this.at);
    if (this.pressed !== undefined && this.released !== undefined) this.selection.append(this.band(this.pressed, this.released));
  }

  last(curve) {
    const value = curve.values.findLast(one => one !== null);
    return value === undefined ? '' : this.format(value);
  }

  axes(values) {
    const top = Math.max(this.atLeast, ...values);
    if (this.log) {
      this.low = 10 ** Math.floor(Math.log10(Math.max(1e-4, Math.min(this.atLeast, ...values))));
      this.high = 10 ** Math.max(Math.ceil(Math.log10(top)), Math.round(Math.log10(this.low)) + 2);
    } else {
      this.low = 0;
      const unit = 10 ** Math.floor(Math.log10(top));
      this.high = [1, 2, 4, 6, 8, 10].find(factor => factor * unit >= top * .999) * unit;
    }
    const ticks = [];
    if (this.log) for (let tick = this.low; tick <= this.high * 1.01; tick *= 10) ticks.push(tick);
    else for (let i = 0; i <= 2; i++) ticks.push(this.high * i / 2);
    const parts = ticks.flatMap(tick => [
      svg('line', { class: 'grid', x1: LEFT, x2: this.width - RIGHT, y1: this.y(tick), y2: this.y(tick) }),
      svg('text', { x: LEFT - 6, y: this.y(tick) + 4, 'text-anchor': 'end' }, this.format(tick)),
    ]);
    const labels = Math.max(2, Math.floor(this.width / 130));
    for (let i = 0; i < labels; i++) {
      const time = this.from + (this.to - this.from) * (i + .5) / labels;
      parts.push(svg('text', { x: this.x(time), y: this.height - 5, 'text-anchor': 'middle' }, clock(time * 1000)));
    }
    return parts;
  }

  x(time) { return LEFT + (time - this.from) / (this.to - this.from) * (this.width - LEFT - RIGHT); }
  time(x) { return Math.min(this.to, Math.max(this.from, this.from + (x - LEFT) / (this.width - LEFT - RIGHT) * (this.to - this.from))); }

  y(value) {
    const share = this.log ? Math.log(Math.max(value, this.low) / this.low) / Math.log(this.high / this.low) : value / this.high;
    return this.height - BOTTOM - share * (this.height - TOP - BOTTOM);
  }

  /** A line with gaps where nothing was measured; a lone value is a point. */
  curve(curve, start, step) {
    let path = '';
    const points = [];
    curve.values.forEach((value, i) => {
      if (value === null) return;
      const x = this.x(start + (i + .5) * step).toFixed(1);
      const joined = i > 0 && curve.values[i - 1] !== null;
      if (!joined && (i + 1 === curve.values.length || curve.values[i + 1] === null)) {
        points.push(svg('circle', { class: `point ${curve.class}`, cx: x, cy: this.y(value), r: 1.6 }));
      }
      path += `${joined ? 'L' : 'M'}${x} ${this.y(value).toFixed(1)}`;
    });
    return [svg('path', { class: `curve ${curve.class}`, d: path }), ...points];
  }

  band(from, to) {
    const [a, b] = [this.x(Math.min(from, to)), this.x(Math.max(from, to))];
    return svg('rect', { class: 'band', x: a, width: Math.max(1, b - a), y: TOP, height: this.height - TOP - BOTTOM });
  }

  /** Shows the values at a time, for the pointer and for the keyboard. */
  point(time) {
    this.at = time;
    $('.cursor', this.svg)?.remove();
    this.tip.hidden = time === undefined;
    if (time === undefined) return;
    const { start, step, curves, dots = [] } = this.data;
    const i = Math.floor((time - start) / step);
    const here = dots.filter(dot => Math.floor((dot.time - start) / step) === i).sort((a, b) => b.seconds - a.seconds);
    this.here = here[0];
    const rows = curves.filter(curve => (curve.values[i] ?? null) !== null).map(curve => `${curve.name}  ${this.format(curve.values[i])}`);
    rows.push(...here.slice(0, 1).map(dot => `● ${dot.method} ${dot.route} ${dot.status}  ${took(dot.seconds)}`));
    this.tip.textContent = [clock((start + i * step) * 1000), ...(rows.length ? rows : ['nothing'])].join('\n');
    const x = this.x(time);
    this.svg.append(svg('line', { class: 'cursor', x1: x, x2: x, y1: TOP, y2: this.height - BOTTOM }));
    this.tip.style.left = `${x < this.width / 2 ? x + 12 : x - this.tip.offsetWidth - 12}px`;
    this.tip.style.top = '4px';
  }

  press(event) {
    if (event.button !== 0 || event.target.closest('.dot') || !this.data) return;
    this.pressed = this.time(event.offsetX);
    this.released = undefined;
  }

  move(event) {
    if (!this.data) return;
    const time = this.time(event.offsetX);
    this.point(time);
    if (this.pressed === undefined || Math.abs(this.x(this.pressed) - this.x(time)) < 5) return;
    this.svg.setPointerCapture(event.pointerId);
    this.select(time);
  }

  select(time) {
    this.released = time;
    this.selection.replaceChildren(this.band(this.pressed, time));
  }

  /** A selected time shows its slowest traces and its error lines. */
  release() {
    if (this.pressed !== undefined && this.released !== undefined) {
      const [from, to] = [this.pressed, this.released].sort((a, b) => a - b);
      go({ from: Math.floor(from), to: Math.ceil(to), sort: 'slowest', level: 'ERROR', trace: '' });
    }
    this.selection?.replaceChildren();
    this.pressed = this.released = undefined;
  }

  type(event) {
    if (!this.data) return;
    const { step, dots = [] } = this.data;
    const at = this.at ?? this.to - step / 2;
    const moves = { ArrowLeft: -step, ArrowRight: step, PageUp: -10 * step, PageDown: 10 * step, Home: this.from - at, End: this.to - step / 2 - at };
    if (event.key in moves) {
      if (event.shiftKey) this.pressed ??= at;
      this.point(Math.min(this.to - step / 2, Math.max(this.from, at + moves[event.key])));
      if (event.shiftKey) this.select(this.at);
    } else if (event.key === 'ArrowUp' || event.key === 'ArrowDown') {
      const way = event.key === 'ArrowUp' ? -1 : 1; // up: to the request before
      const next = dots.filter(dot => (dot.time - at) * way > step / 100).sort((a, b) => (a.time - b.time) * way)[0];
      if (next) this.point(next.time);
    } else if (event.key === 'Enter' && this.released !== undefined) {
      this.release();
    } else if (event.key === 'Enter' && this.here) {
      go({ trace: this.here.trace });
    } else if (event.key === 'Escape') {
      this.pressed = this.released = undefined;
      this.selection.replaceChildren();
      this.point(undefined);
    } else {
      return;
    }
    event.preventDefault();
    $('#say').textContent = this.tip.textContent;
  }
}

const charts = {
  rate: new Chart($('#rate'), { format: value => short.format(value), atLeast: 1, label: 'Requests per second' }),
  errors: new Chart($('#errors'), { format: percent, atLeast: .04, label: 'Share of failed requests' }),
  heap: new Chart($('#heap'), { format: bytes => `${short.format(bytes / 1e6)} MB`, atLeast: 1e7, label: 'Heap of the service' }),
  flight: new Chart($('#flight'), { format: value => short.format(value), atLeast: 2, label: 'Requests in flight' }),
  latency: new Chart($('#latency'), { format: took, log: true, atLeast: .01, label: 'Duration of requests' }),
};

const colours = new Map();
const colour = route => {
  if (!colours.has(route)) colours.set(route, `c${colours.size % 6}`);
  return colours.get(route);
};

const refreshCharts = single(async () => {
  const route = shown('route');
  const [from, to] = [Number(shown('from')), Number(shown('to'))];
  const around = Math.max(15, to - from);
  const data = await ask('/api/metrics', { route, points: 60,
    ...(to ? { from: Math.max(0, from - around), to: to + around } : { seconds: Math.min(shown('seconds') || 300, Math.max(60, status.metrics?.seconds ?? 0)) }) });
  const some = data.routes.some(one => one.requests > 0) || data.dots.length > 0;
  const curves = name => data.routes.filter(one => (!route || one.route === route) && one.requests > 0)
    .map(one => ({ name: one.route || '(no route)', class: colour(one.route), values: one[name] }));
  charts.rate.show({ ...data, dots: [], curves: curves('rate') });
  charts.errors.show({ ...data, dots: [], curves: curves('error_rate') });
  charts.latency.show({ ...data, curves: [['p50', 'c2'], ['p95', 'c0'], ['p99', 'c5']]
    .map(([name, colourClass]) => ({ name, class: colourClass, values: data.chosen[name] })) });
  const gauge = (name, colourClass, values) => ({ name, class: colourClass, values });
  charts.heap.show({ ...data, dots: [], curves: [gauge('used', 'c0', data.gauges.heap_used), gauge('after collection', 'c1', data.gauges.heap_after_gc)] });
  charts.flight.show({ ...data, dots: [], curves: [gauge('in flight', 'c3', data.gauges.in_flight)] });
  showRoutes(data, route, some);
});

function showRoutes(data, route, some) {
  const select = $('#route');
  const names = ['', ...new Set([...data.routes.map(one => one.route), route].filter(name => name))];
  if (names.join() !== [...select.options].map(option => option.value).join()) {
    select.replaceChildren(...names.map(name => el('option', { value: name }, name || 'all')));
  }
  select.value = route;
  const rows = data.routes.filter(one => one.requests > 0).map(one => el('tr', { 'aria-selected': String(one.route === route) },
    el('td', {}, link({ route: one.route === route ? '' : one.route, trace: '' }, {}, one.route || '(no route)')),
    el('td', {}, short.format(one.per_second)), el('td', {}, number.format(one.requests)),
    el('td', { class: one.failed ? 'bad' : '' }, one.failed ? `${number.format(one.failed)} (${percent(one.failed / one.requests)})` : '0'),
    ...['p50', 'p95', 'p99'].map(name => el('td', {}, one[`${name}_seconds`] === null ? '' : took(one[`${name}_seconds`])))));
  const focused = document.activeElement?.closest('#routes') ? document.activeElement.textContent : null;
  $('#routes .scroll').replaceChildren(some ? el('table', {},
    el('thead', {}, el('tr', {}, ...['route', 'requests/s', 'requests', 'failed', 'p50', 'p95', 'p99'].map(name => el('th', { scope: 'col' }, name)))),
    el('tbody', {}, ...rows))
    : el('p', { class: 'empty' }, 'No requests in this time. The first ones appear here about a second after they were answered.'));
  if (focused !== null) [...document.querySelectorAll('#routes a')].find(one => one.textContent === focused)?.focus();
}

// ---- log lines ------------------------------------------------------------------------------------------------------

const FIRST = ['timestamp', 'level', 'message'];

function fields(values) {
  return el('dl', {}, ...Object.entries(values).flatMap(([name, value]) =>
    [el('dt', {}, name), el('dd', {}, typeof value === 'object' ? JSON.stringify(value) : String(value))]));
}

/** A button that unfolds details below its row, made when first asked for. */
function unfold(row, what, make) {
  let details;
  const button = el('button', { type: 'button', 'aria-expanded': 'false', 'aria-label': `Details of ${what}`, click: () => {
    details ??= make();
    const open = button.getAttribute('aria-expanded') === 'false';
    open ? row.after(details) : details.remove();
    button.setAttribute('aria-expanded', String(open));
    button.textContent = open ? '▾' : '▸';
  } }, '▸');
  return button;
}

function lineItem({ line, text, number: id }) {
  const { timestamp, level = '', message, trace_id: trace, method, path, status, duration_ms: duration } = line ?? {};
  const words = text ?? [message, method, path, status, duration === undefined ? undefined : took(duration / 1000)]
    .filter(word => word !== undefined).join(' ');
  const row = el('div', { class: 'line' });
  row.append(unfold(row, `line ${id}`, () => fields(line ?? { text })),
    el('time', {}, timestamp ? clockMs(Date.parse(timestamp)) : ''), el('span', { class: level }, level),
    trace ? link({ trace }, { class: 'message', title: 'open its trace' }, words) : el('span', { class: 'message' }, words),
    trace ? link({ trace }, { class: 'id', tabindex: -1, title: 'open its trace' }, trace.slice(0, 8)) : el('span'));
  return el('li', {}, row);
}

const lines = { list: $('#logs ol'), next: 0, filter: undefined };

/** Whether someone reads the list: then it stays as it is until asked. */
const held = list => list.scrollTop > 4 || list.matches(':hover') || list.matches(':focus-within') || $('[aria-expanded=true]', list) !== null;

const refreshLogs = single(async () => {
  const filter = { level: shown('level'), method: shown('method'), text: shown('text'), trace: shown('id'), route: shown('route'), ...times() };
  const same = JSON.stringify(filter) === lines.filter && lines.list.children.length > 0 && $('.empty', lines.list) === null;
  if (same && held(lines.list)) {
    $('#newer').hidden = status.logs.lines <= lines.next;
    $('#newer').textContent = `show ${number.format(status.logs.lines - lines.next)} newer`;
    return;
  }
  $('#newer').hidden = true;
  const answer = await ask('/api/logs', { ...filter, after: same ? lines.next : '', limit: 200 }).catch(problem => ({ problem }));
  const items = (answer.lines ?? []).map(lineItem);
  if (same && !answer.more) lines.list.prepend(...items);
  else lines.list.replaceChildren(...items);
  while (lines.list.children.length > 200) lines.list.lastChild.remove();
  if (lines.list.children.length === 0) {
    lines.list.append(el('li', { class: 'empty' }, answer.problem?.message ?? (status.logs?.lines
      ? 'No line like this is kept. Change the filter above, or the time.'
      : `Lines appear here as the service writes them to ${status.logs?.from ?? 'its log'}.`)));
  }
  lines.next = answer.next ?? 0;
  lines.filter = JSON.stringify(filter);
});

$('#newer').addEventListener('click', () => {
  lines.filter = undefined;
  lines.list.scrollTop = 0;
  refreshLogs();
});

// ---- traces ---------------------------------------------------------------------------------------------------------

const refreshTraces = single(async () => {
  const list = $('#traces ol');
  if (held(list) && list.dataset.filter === location.search) return;
  list.dataset.filter = location.search;
  const answer = await ask('/api/traces', { route: shown('route'), sort: shown('sort'), min_ms: shown('min_ms'), failed: shown('failed'), limit: 60, ...times() });
  const longest = Math.max(1, ...answer.traces.map(trace => trace.duration_micros));
  $('#traces small').textContent = `${number.format(answer.matching)} match`;
  list.replaceChildren(...answer.traces.map(trace => el('li', {}, link({ trace: trace.trace }, { class: trace.failed ? 'failed' : '' },
    el('time', {}, clockMs(trace.start_millis)), el('span', {}, trace.name, el('small', {}, trace.service)),
    el('span', { class: trace.failed ? 'bad' : '' }, trace.failed ? `✕ ${trace.status}` : trace.status),
    el('span', { class: 'took' }, took(trace.duration_micros / 1e6)),
    svg('svg', { 'aria-hidden': 'true' }, svg('rect', { width: `${trace.duration_micros / longest * 100}%`, height: 2 }))))));
  if (answer.traces.length === 0) {
    list.append(el('li', { class: 'empty' }, status.traces?.spans ? 'No trace like this is kept. Change the filter above, or the time.'
      : `Traces appear here when a sender brings spans to ${status.traces?.from ?? 'the OTLP port'}.`));
  }
});

const open = { id: '', spans: -1, lines: -1 };

const refreshTrace = single(async () => {
  const id = shown('trace');
  const panel = $('#trace');
  panel.hidden = !id;
  for (const other of ['#routes', '#heap', '#flight', '#logs', '#traces']) $(other).hidden = Boolean(id);
  const opened = id !== open.id;
  if (opened) Object.assign(open, { id, spans: -1, lines: -1 });
  if (!id) return;
  const trace = await ask(`/api/traces/${encodeURIComponent(id)}`);
  const logs = await ask('/api/logs', { trace: id, limit: 500 }).catch(() => ({ lines: [] }));
  if (id !== shown('trace')) return;
  if ((trace?.tree.length ?? 0) !== open.spans) {
    open.spans = trace?.tree.length ?? 0;
    const seconds = (trace?.duration_micros ?? 0) / 1e6;
    $('#trace-h').replaceChildren(link({ trace: '' }, { class: 'close' }, 'back to all'), trace ? trace.name : 'Trace',
      el('small', {}, trace ? `${took(seconds)}, ${trace.spans} span${trace.spans === 1 ? '' : 's'}, ${clockMs(trace.start_millis)}${trace.failed ? ', failed' : ''}` : '', ` ${id}`));
    $('#waterfall').replaceChildren(...(trace ? waterfall(trace) : [el('p', { class: 'empty' },
      'Its spans are not here: they come within seconds of the request, and the oldest are let go when memory is full.')]));
  }
  if (logs.lines.length !== open.lines) {
    open.lines = logs.lines.length;
    $('#trace-logs').replaceChildren(...(logs.lines.length ? logs.lines.reverse().map(lineItem)
      : [el('li', { class: 'empty' }, 'No line with this trace id is kept. They come within a second, and the oldest are let go when memory is full.')]));
  }
  if (opened) {
    panel.scrollIntoView({ block: 'nearest' });
    $('#trace-h').focus({ preventScroll: true });
  }
});

/** The spans as bars on one time axis, each below its parent. */
function waterfall(trace) {
  const ids = new Set(trace.tree.map(span => span.id));
  const rows = [];
  const visited = new Set();
  const add = (span, depth) => {
    if (visited.has(span)) return; // a sender may claim that two spans are each other's parent
    visited.add(span);
    rows.push(spanRow(span, depth, trace));
    for (const child of trace.tree) if (child.parent === span.id && child !== span) add(child, depth + 1);
  };
  for (const span of trace.tree) if (!ids.has(span.parent)) add(span, 0);
  for (const span of trace.tree) add(span, 0);
  if (trace.left_out) rows.push(el('p', { class: 'empty' }, `${trace.left_out} more spans were left out: a trace keeps 1,000.`));
  return rows;
}

function spanRow(span, depth, trace) {
  const all = Math.max(1, trace.duration_micros);
  const route = span.attributes['http.route'];
  const row = el('div', { class: `bar ${span.kind}${span.failed ? ' failed' : ''}` });
  const name = el('span', { class: 'name' }, route ? link({ route }, { title: `show the charts of ${route}` }, span.name) : span.name,
    el('small', {}, [span.kind, span.service].filter(word => word).join(' · ')));
  name.style.paddingLeft = `${Math.min(depth, 12) * 14}px`;
  const exceptions = span.events.map(event => event.attributes['exception.message']).filter(text => text);
  row.append(unfold(row, span.name, () => el('div', {}, fields({
    ...(span.status_message ? { error: span.status_message } : {}), ...span.attributes, span_id: span.id, scope: span.scope }),
  ...span.events.map(event => fields({ [`event after ${took(event.start_micros / 1e6)}`]: event.name, ...event.attributes })))),
  name, svg('svg', { 'aria-hidden': 'true' }, svg('rect', { x: `${Math.max(0, span.start_micros / all * 100)}%`,
    width: `${Math.max(.4, span.duration_micros / all * 100)}%`, height: 14, rx: 2 })),
  el('span', { class: `took${span.failed ? ' bad' : ''}` }, `${span.failed ? '✕ ' : ''}${took(span.duration_micros / 1e6)}`));
  if (!span.failed || !(span.status_message || exceptions.length)) return row;
  return el('div', {}, row, el('dl', { class: 'bad' }, el('dt', {}, 'error'), el('dd', { class: 'bad' }, exceptions[0] ?? span.status_message)));
}

// ---- what the full stack would be asked -----------------------------------------------------------------------------

const quote = text => `"${text.replace(/\\/g, '\\\\').replace(/"/g, '\\"')}"`;

function explain() {
  const family = 'http_server_request_duration_seconds';
  const route = shown('route');
  const where = more => `{${[route ? `http_route=${quote(route)}` : 'http_route!~"/metrics|/healthz|/readyz"', more].filter(part => part).join(', ')}}`;
  const rate = (name, more) => `rate(${family}_${name}${where(more)}[1m])`;
  const level = { INFO: 'level=~"INFO|WARN|ERROR"', WARN: 'level=~"WARN|ERROR"', ERROR: 'level="ERROR"' }[shown('level')];
  const trace = shown('trace');
  const span = ['resource.service.name = "api"', route && `span.http.route = ${quote(route)}`, shown('failed') && 'status = error',
    shown('min_ms') && `duration >= ${shown('min_ms')}ms`].filter(part => part).join(' && ');
  const logs = id => `{${['service="api"', !id && level, !id && shown('method') && `method=${quote(shown('method'))}`].filter(part => part).join(', ')}}`
    + (id ? ` | trace_id = ${quote(id)}` : (shown('text') ? ` |~ ${quote(`(?i)${shown('text').replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}`)}` : '')
      + (shown('id') ? ` | trace_id = ${quote(shown('id'))}` : '') + (route ? ` | json | route = ${quote(route)}` : ''));
  const texts = {
    rate: ['Alloy scrapes, Mimir keeps, Grafana draws', 'PromQL', `sum by (http_route) (${rate('count')})`],
    errors: ['Mimir, from the same counters', 'PromQL', `sum by (http_route) (${rate('count', 'http_response_status_code=~"5.."')})\n  / sum by (http_route) (${rate('count')})`],
    latency: ['Mimir, from the histogram; the dots are its exemplars', 'PromQL', `histogram_quantile(0.95, sum by (le) (${rate('bucket')}))`],
    heap: ['Mimir, from the JVM\'s own metrics', 'PromQL', 'jvm_memory_used_bytes{area="heap"}\nsum(jvm_memory_pool_collection_used_bytes)'],
    flight: ['Mimir, from a gauge', 'PromQL', 'sum(http_server_active_requests)'],
    logs: ['Alloy follows the file, Loki keeps', 'LogQL', logs('')],
    traces: ['Tempo receives and keeps', 'TraceQL', `{ ${span} }`],
    trace: ['Tempo has the trace, Loki its lines', 'TraceQL and LogQL', `{ trace:id = ${quote(trace)} }\n${logs(trace)}`],
  };
  for (const [id, [who, language, query]] of Object.entries(texts)) {
    const footer = $(`#${id} footer`);
    if (!footer.firstChild) {
      footer.append(el('details', {}, el('summary'), el('code'), el('button', { type: 'button', click: event => {
        navigator.clipboard.writeText($('code', footer).textContent).then(() => { event.target.textContent = 'copied'; }, () => {});
      } }, 'copy')));
    }
    $('summary', footer).textContent = `In the full stack: ${who} (${language})`;
    if ($('code', footer).textContent !== query) {
      $('code', footer).textContent = query;
      $('button', footer).textContent = 'copy';
    }
  }
}

// ---- how it goes ----------------------------------------------------------------------------------------------------

let status = {};

function showStatus(lost) {
  const { metrics, logs, traces } = status;
  const item = (name, state, text, title) => el('li', { class: state, title }, el('b', {}, name), ` ${text}`);
  if (metrics) {
    $('#inputs').replaceChildren(
      item('Metrics', metrics.up ? '' : metrics.scrapes ? 'away' : 'waiting', metrics.scrapes ? `${number.format(metrics.scrapes)} scrapes` : 'none yet',
        `${metrics.from} every second; 15 minutes are kept, ${metrics.series} of ${metrics.series_most} series`),
      item('Log', logs.problem && !logs.lines ? 'waiting' : '', `${number.format(logs.lines)} lines`,
        `${logs.from}; ${number.format(logs.lines_kept)} lines kept, ${(logs.bytes_kept / 1e6).toFixed(1)} of ${logs.bytes_most / 1e6} MB${logs.problem ? `; ${logs.problem}` : ''}`),
      item('Traces', traces.spans ? '' : 'waiting', `${number.format(traces.spans)} spans`,
        `${traces.from}; ${number.format(traces.traces_kept)} traces kept, ${(traces.bytes_kept / 1e6).toFixed(1)} of ${traces.bytes_most / 1e6} MB`));
  }
  const away = lost ? 'Pocket itself does not answer this page (at most 16 can be open). What you see is what came before; the page goes on by itself.'
    : metrics && !metrics.up ? (metrics.scrapes
      ? `The service is away since ${clock(metrics.since_millis)}: ${metrics.problem} (${metrics.from}). What was received stays here; Pocket asks again every second.`
      : `Waiting for the service: ${metrics.from} (${metrics.problem}). Metrics are scraped from there every second, log lines are read from ${logs.from}, traces come to ${traces.from}.`) : '';
  $('#away').hidden = !away;
  if ($('#away').textContent !== away) $('#away').textContent = away;
}

function listen() {
  const events = new EventSource('/api/events');
  events.addEventListener('message', event => {
    const before = status;
    status = JSON.parse(event.data);
    showStatus(false);
    if (document.hidden) return; // nobody looks; when someone does again, everything is asked anew
    if (before.metrics?.scrapes !== status.metrics.scrapes) refreshCharts();
    const newLines = before.logs?.lines !== status.logs.lines; // at first, too: now it is known what is awaited
    const newSpans = before.traces?.spans !== status.traces.spans;
    if (shown('trace')) {
      if (newLines || newSpans) refreshTrace();
    } else {
      if (newLines) refreshLogs();
      if (newSpans) refreshTraces();
    }
  });
  events.addEventListener('error', () => {
    showStatus(true);
    if (events.readyState === EventSource.CLOSED) setTimeout(listen, 5000); // refused, as one page too many is
  });
}
listen();
document.addEventListener('visibilitychange', () => { if (!document.hidden) render(); });

// ---- controls -------------------------------------------------------------------------------------------------------

for (const [seconds, name] of [['60', '1 min'], ['300', '5 min'], ['900', '15 min']]) {
  $('#seconds').append(el('button', { type: 'button', value: seconds, click: () => go({ seconds: seconds === '300' ? '' : seconds, from: '', to: '' }) }, name));
}
$('#route').addEventListener('change', event => go({ route: event.target.value }));
$('[data-go=home]').addEventListener('click', event => {
  event.preventDefault();
  history.pushState(null, '', '/');
  render();
});
for (const form of [$('#log-filter'), $('#trace-filter')]) {
  form.addEventListener('submit', event => event.preventDefault());
  form.addEventListener('change', event => {
    const { name, value, type, checked } = event.target;
    go({ [name]: type === 'checkbox' && !checked ? '' : value.trim() });
  });
}
addEventListener('popstate', () => render());

function render() {
  for (const control of document.querySelectorAll('form [name]')) {
    if (control.type === 'checkbox') control.checked = shown(control.name) !== '';
    else control.value = shown(control.name);
  }
  for (const button of $('#seconds').children) button.setAttribute('aria-pressed', String(!shown('to') && (shown('seconds') || '300') === button.value));
  const [from, to] = [shown('from'), shown('to')];
  $('#span').replaceChildren(...(to ? [`${clock(from * 1000)} to ${clock(to * 1000)} only. `,
    link({ from: '', to: '', sort: '', level: '' }, {}, 'back to now')] : []));
  explain();
  refreshCharts();
  refreshTrace();
  if (!shown('trace')) {
    refreshLogs();
    refreshTraces();
  }
}

render();
