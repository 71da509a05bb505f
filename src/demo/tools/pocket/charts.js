'use strict';
// A line chart with a tooltip, a selectable stretch of time, and dots that lead to traces.

const LEFT = 48, RIGHT = 8, TOP = 8, BOTTOM = 20, NEAR = 14; // pixels
const limit = (value, min, max) => Math.min(max, Math.max(min, value));

class Chart {
  /** min: the axis reaches at least this far; log: decades, for values that are far apart. */
  constructor(id, label, format, min, log = false) {
    Object.assign(this, { format, min, log });
    this.plot = el('svg', { role: 'img', 'aria-label': label,
      pointerdown: event => { if (event.button === 0) this.pressed = this.time(event.offsetX); },
      pointermove: event => this.move(event), pointerup: event => this.release(event),
      pointerleave: () => this.point() });
    this.tip = el('div', { class: 'tip', hidden: '' });
    this.key = el('div', { class: 'key' });
    this.host = $(`#${id} .chart`);
    this.host.append(this.plot, this.tip);
    this.host.after(this.key);
  }

  /** time: {from, step, steps}; curves: [{name, colour, values}], a value per step, null where there is none. */
  draw(time, curves, dots) {
    const { clientWidth: width, clientHeight: height } = this.host;
    Object.assign(this, time, { to: time.from + time.step * time.steps, curves, dots, width, height });
    this.scale();
    this.plot.setAttribute('viewBox', `0 0 ${width} ${height}`);
    this.key.replaceChildren(...curves.map(({ name, colour, values }) => el('span', { class: colour }, el('i'),
      `${name} ${values.some(Number.isFinite) ? this.format(values.findLast(Number.isFinite)) : ''}`)));
    this.band = el('path', { class: 'band' });
    this.mark(this.pressed, this.until);
    this.point();
    return [...this.axes(), this.band, ...curves.map(curve => this.line(curve)), ...dots.map(dot => this.dot(dot))];
  }

  scale() {
    const values = [...this.curves.flatMap(curve => curve.values), ...this.dots.map(dot => dot.seconds), this.min];
    const max = Math.max(...values);
    const decade = value => 10 ** Math.floor(Math.log10(value));
    this.low = this.log ? decade(Math.max(1e-4, Math.min(...values.filter(value => value > 0)))) : 0;
    this.high = decade(max) * (this.log ? 10 : [1, 2, 4, 6, 8, 10].find(times => times * decade(max) >= max * .999));
  }

  axes() {
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
    return limit(this.from + share * (this.to - this.from), this.from, this.to - .001);
  }

  y(value) {
    const above = Math.log(Math.max(value, this.low) / this.low);
    const share = this.log ? above / Math.log(this.high / this.low) : value / this.high;
    return this.height - BOTTOM - share * (this.height - TOP - BOTTOM);
  }

  /** A line with gaps where there is no value; a single value is a point: a line of no length with round ends. */
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

  /** Shows the values of the step at a time, and the dot, which a click opens; without a time, nothing. */
  point(time, dot) {
    this.here = dot;
    this.tip.hidden = time === undefined;
    if (time === undefined) return;
    const i = Math.floor((time - this.from) / this.step);
    const rows = this.curves.filter(curve => Number.isFinite(curve.values[i]))
      .map(curve => `${curve.name}  ${this.format(curve.values[i])}`);
    if (dot) rows.push(`● ${dot.method} ${dot.route} ${dot.status}  ${took(dot.seconds)}: click to open the trace`);
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

  /** A click opens the trace of the dot. A drag selects a time: its slowest traces, error lines and routes. */
  release(event) {
    if (this.until === undefined) this.move(event); // a finger does not move before it presses
    const { pressed, until, here } = this;
    this.pressed = this.until = undefined;
    if (until !== undefined) {
      go({ from: Math.floor(Math.min(pressed, until)), to: Math.ceil(Math.max(pressed, until)), order: 'slowest',
        level: 'ERROR', trace: '' });
    } else if (here && pressed !== undefined) go({ trace: here.trace });
  }
}
