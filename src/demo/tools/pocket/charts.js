'use strict';
// A line chart with a tooltip, a selectable stretch of time, and dots that lead to traces; by pointer and by keyboard.

const LEFT = 48, RIGHT = 8, TOP = 8, BOTTOM = 20, NEAR = 14; // pixels
const limit = (value, min, max) => Math.min(max, Math.max(min, value));

class Chart {
  static held = false; // while the mouse is over a chart, the charts keep what they show

  /** min: the axis reaches at least this far; log: decades, for values that are far apart. */
  constructor(id, label, format, min, log = false) {
    Object.assign(this, { format, min, log });
    const keys = 'Left and right move, with Shift they select; up and down go to a request; Enter opens it.';
    this.plot = el('svg', { tabindex: 0, role: 'application', 'aria-label': `${label}. ${keys}`,
      pointerdown: event => { if (event.button === 0) this.pressed = this.time(event.offsetX); },
      pointermove: event => this.move(event), pointerup: event => this.release(event),
      pointerenter: event => { Chart.held = event.pointerType === 'mouse'; },
      pointerleave: () => { Chart.held = false; this.point(); }, blur: () => this.point(),
      keydown: event => this.type(event) });
    this.tip = el('div', { class: 'tip', role: 'status', hidden: '' });
    this.key = el('div', { class: 'key' });
    this.host = $(`#${id} .chart`);
    this.host.append(this.plot, this.tip);
    this.host.after(this.key);
  }

  /** time: {from, step, steps}; curves: [{name, colour, values}], a value per step, null where there is none. */
  draw(time, curves, dots = []) {
    const { clientWidth: width, clientHeight: height } = this.host;
    Object.assign(this, time, { to: time.from + time.step * time.steps, curves, dots, width, height });
    this.band = el('path', { class: 'band' });
    this.cursor = el('path', { class: 'cursor' });
    this.plot.setAttribute('viewBox', `0 0 ${width} ${height}`);
    this.plot.replaceChildren(...this.axes(), this.band, ...curves.map(curve => this.line(curve)),
      ...dots.map(dot => this.dot(dot)), this.cursor);
    this.key.replaceChildren(...curves.map(({ name, colour, values }) => el('span', { class: colour }, el('i'),
      `${name} ${values.some(Number.isFinite) ? this.format(values.findLast(Number.isFinite)) : ''}`)));
    this.point(this.at, this.here);
    this.mark(this.pressed, this.until);
  }

  axes() {
    const values = [...this.curves.flatMap(curve => curve.values), ...this.dots.map(dot => dot.seconds), this.min];
    const max = Math.max(...values);
    const decade = value => 10 ** Math.floor(Math.log10(value));
    this.low = this.log ? decade(Math.max(1e-4, Math.min(...values.filter(value => value > 0)))) : 0;
    this.high = decade(max) * (this.log ? 10 : [1, 2, 4, 6, 8, 10].find(times => times * decade(max) >= max * .999));
    const count = this.log ? Math.round(Math.log10(this.high / this.low)) + 1 : 3;
    const ticks = Array.from({ length: count }, (_, i) => this.log ? this.low * 10 ** i : this.high * i / 2);
    const labels = Math.max(1, Math.floor((this.width - LEFT - RIGHT) / 90));
    const times = Array.from({ length: labels }, (_, i) => this.from + (this.to - this.from) * (i + .5) / labels);
    const text = (x, y, anchor, words) => el('text', { x, y, 'text-anchor': anchor }, words);
    return [...ticks.map(tick => el('path', { class: 'grid', d: `M${LEFT} ${this.y(tick)}H${this.width - RIGHT}` })),
      ...ticks.map(tick => text(LEFT - 6, this.y(tick) + 4, 'end', this.format(tick))),
      ...times.map(time => text(this.x(time), this.height - 5, 'middle', clock(time)))];
  }

  x(time) { return LEFT + (time - this.from) / (this.to - this.from) * (this.width - LEFT - RIGHT); }

  time(x) {
    const share = (x - LEFT) / (this.width - LEFT - RIGHT);
    return this.within(this.from + share * (this.to - this.from));
  }

  within(time) { return limit(time, this.from, this.to - .001); }

  y(value) {
    const above = Math.log(Math.max(value, this.low) / this.low);
    const share = this.log ? above / Math.log(this.high / this.low) : value / this.high;
    return this.height - BOTTOM - share * (this.height - TOP - BOTTOM);
  }

  /** A line with gaps where nothing was measured; a lone value is a point: a line of no length with round ends. */
  line({ values, colour }) {
    const place = i => `${this.x(this.from + (i + .5) * this.step).toFixed(1)} ${this.y(values[i]).toFixed(1)}h0`;
    const d = values.map((value, i) => value === null ? '' : (Number.isFinite(values[i - 1]) ? 'L' : 'M') + place(i));
    return el('path', { class: `curve ${colour}`, d: d.join('') });
  }

  dot({ trace, status, time, seconds }) {
    return el('circle', { class: `dot s${status[0]}xx${trace === shown('trace') ? ' open' : ''}`, 'data-trace': trace,
      cx: this.x(time), cy: this.y(seconds), r: 3.4 });
  }

  /** Shades the time that is being selected, or else the one in the address bar. */
  mark(from, to) {
    const [a, b] = to === undefined ? [Number(shown('from')), Number(shown('to'))] : [from, to];
    this.band.setAttribute('d', b ? `M${this.x(a)} ${TOP}H${this.x(b)}V${this.height - BOTTOM}H${this.x(a)}Z` : '');
  }

  /** Shows the values of the step at a time, and the dot, which a click or Enter opens; without a time, nothing. */
  point(time, dot) {
    this.at = time;
    this.here = dot;
    this.tip.hidden = time === undefined;
    this.cursor?.setAttribute('d', time === undefined ? '' : `M${this.x(time)} ${TOP}V${this.height - BOTTOM}`);
    if (time === undefined) return;
    const i = Math.floor((time - this.from) / this.step);
    const rows = this.curves.filter(curve => Number.isFinite(curve.values[i]))
      .map(curve => `${curve.name}  ${this.format(curve.values[i])}`);
    if (dot) rows.push(`● ${dot.method} ${dot.route} ${dot.status}  ${took(dot.seconds)}: click opens its trace`);
    this.tip.textContent = [clock(this.from + i * this.step), ...rows].join('\n');
    const x = this.x(time);
    this.tip.style.left = `${x < this.width / 2 ? x + 12 : Math.max(0, x - this.tip.offsetWidth - 12)}px`;
  }

  move({ offsetX, offsetY, pointerId }) {
    if (!this.curves) return;
    const time = this.time(offsetX);
    const far = dot => Math.hypot(this.x(dot.time) - offsetX, this.y(dot.seconds) - offsetY);
    const [nearest] = this.dots.toSorted((a, b) => far(a) - far(b));
    this.point(time, nearest && far(nearest) <= NEAR ? nearest : undefined);
    if (this.pressed === undefined || Math.abs(this.x(this.pressed) - this.x(time)) < 5) return;
    this.plot.setPointerCapture(pointerId);
    this.mark(this.pressed, this.until = time);
  }

  release(event) {
    if (this.until === undefined) this.move(event); // a finger does not move before it presses
    if (this.until !== undefined) this.select();
    else if (this.here && this.pressed !== undefined) go({ trace: this.here.trace });
    this.pressed = this.until = undefined;
  }

  /** A selected time shows its slowest traces and its error lines. */
  select() {
    const [from, to] = [this.pressed, this.until].sort((a, b) => a - b);
    this.pressed = this.until = undefined;
    go({ from: Math.floor(from), to: Math.ceil(to), order: 'slowest', level: 'ERROR', trace: '' });
  }

  type(event) {
    const { key, shiftKey } = event;
    const at = this.at ?? this.to - this.step / 2;
    const moves = { ArrowLeft: -this.step, ArrowRight: this.step, PageUp: -10 * this.step, PageDown: 10 * this.step,
      Home: this.from - at, End: this.to - at };
    const way = { ArrowUp: -1, ArrowDown: 1 }[key]; // up: to the request before
    if (key in moves) {
      this.point(this.within(at + moves[key]));
      if (shiftKey) this.mark(this.pressed ??= at, this.until = this.at);
    } else if (way) {
      const order = (a, b) => (a.time - b.time || a.seconds - b.seconds) * way;
      const [next] = this.dots.filter(dot => order(dot, this.here ?? { time: at, seconds: 0 }) > 0).sort(order);
      if (next) this.point(next.time, next);
    } else if (key === 'Enter' && this.until !== undefined) this.select();
    else if (key === 'Enter' && this.here) go({ trace: this.here.trace });
    else if (key === 'Escape') {
      this.pressed = this.until = undefined;
      this.point();
      this.mark();
    } else return;
    event.preventDefault();
  }
}
