"use strict";
// Values are places among a rule's stops: 2 k + 1 is stop k itself, 2 k is before it and behind the one before.

const UNDEFINED = 255, BINS = 60, NEAR = 8, KEPT = -1;
const SVG = "http://www.w3.org/2000/svg";

const bytesOf = (text) => Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
const percent = (part, whole) => `${whole ? ((100 * part) / whole).toFixed(1) : 0} %`;
const whole = (number) => Math.round(number).toLocaleString("en");
const short = (value) => (value === null ? "not defined" : String(Number(value.toPrecision(4))));
const megabytes = (bytes) => (bytes >= 1e9 ? `${(bytes / 1e9).toFixed(2)} GB` : `${(bytes / 1e6).toFixed(1)} MB`);

function drawn(name, attributes) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

// One rule: its slider for each bound, its histogram, and how many documents it keeps by itself.
class Rule {
  constructor(rule, places, step, page) {
    Object.assign(this, rule);
    this.places = places;
    this.step = step;
    this.page = page;
    this.total = this.counts.reduce((sum, count) => sum + count, 0);
    const bend = (value) => (this.scale ? Math.asinh(value / this.scale) : value);
    const first = bend(this.stops[0]), last = bend(this.stops[this.stops.length - 1]);
    this.x = (stop) => (last > first ? (bend(this.stops[stop]) - first) / (last - first) : 0.5);
    this.now = { minimum: this.bounds.minimum?.stop ?? null, maximum: this.bounds.maximum?.stop ?? null };
    this.own = { ...this.now };
    this.bins = this.histogram();
    this.build();
  }

  get lowest() { return this.now.minimum === null ? 0 : 2 * this.now.minimum + 1; }
  get highest() { return this.now.maximum === null ? UNDEFINED - 1 : 2 * this.now.maximum + 1; }
  keeps(place) { return place >= this.lowest && place <= this.highest; }

  // Counts between two stops are spread evenly over the bins between them.
  histogram() {
    const bins = new Float64Array(BINS);
    const bin = (x) => Math.min(BINS - 1, Math.max(0, Math.floor(x * BINS)));
    this.stops.forEach((_, stop) => {
      bins[bin(this.x(stop))] += this.counts[2 * stop + 1];
      const from = bin(stop ? this.x(stop - 1) : 0), to = bin(this.x(stop));
      for (let k = from; k <= to; k++) bins[k] += this.counts[2 * stop] / (to - from + 1);
    });
    bins[BINS - 1] += this.counts[2 * this.stops.length];
    return bins;
  }

  build() {
    this.element = element("article", "rule");
    this.alone = element("p", "alone");
    this.svg = drawn("svg", { viewBox: `0 0 ${BINS} 58`, preserveAspectRatio: "none", "aria-hidden": "true" });
    this.element.append(element("h3", "", this.name), this.alone, this.svg);
    this.outputs = {};
    this.sliders = {};
    if (!this.stops.length) return this.draw();
    for (const side of Object.keys(this.bounds)) this.element.append(this.slider(side));
    const ends = element("p", "ends");
    ends.append(element("span", "", short(this.stops[0])), element("span", "", this.scale ? "logarithmic" : ""), element("span", "", short(this.stops[this.stops.length - 1])));
    this.element.append(ends, ...Object.keys(this.bounds).map((side) => this.bound(side)));
    this.button = element("button", "", "documents at the bounds");
    this.button.type = "button";
    this.button.setAttribute("aria-expanded", "false");
    this.button.addEventListener("click", () => this.step.open(this));
    this.element.append(this.button);
    this.draw();
  }

  slider(side) {
    const input = element("input");
    Object.assign(input, { type: "range", min: "0", max: "1000", step: "1" });
    input.setAttribute("aria-label", `${side} of ${this.name}`);
    input.addEventListener("input", () => this.move(side, this.nearest(side, Number(input.value) / 1000)));
    input.addEventListener("change", () => this.draw());
    input.addEventListener("keydown", (event) => {
      const steps = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -10, PageUp: 10 }[event.key];
      if (steps === undefined) return;
      event.preventDefault();
      this.move(side, this.further(side, steps));
      this.draw();
    });
    this.sliders[side] = input;
    return input;
  }

  bound(side) {
    const line = element("p", "bound");
    this.outputs[side] = element("output");
    const own = this.own[side];
    line.append(side, this.outputs[side], element("span", "was", own === null ? "recipe: none" : `recipe: ${short(this.stops[own])}`));
    return line;
  }

  // At the outer end there is no bound.
  nearest(side, x) {
    if (side === "maximum" && x >= 1) return this.own.maximum === this.stops.length - 1 ? this.own.maximum : null;
    if (side === "minimum" && x <= 0) return this.own.minimum === 0 ? 0 : null;
    let best = 0;
    this.stops.forEach((_, stop) => { if (Math.abs(this.x(stop) - x) < Math.abs(this.x(best) - x)) best = stop; });
    return best;
  }

  further(side, steps) {
    const none = side === "maximum" ? this.stops.length : -1;
    const next = (this.now[side] ?? none) + steps;
    return next < 0 || next >= this.stops.length ? (side === "maximum") === (next < 0) ? (next < 0 ? 0 : this.stops.length - 1) : null : next;
  }

  move(side, stop) {
    this.now[side] = stop;
    this.moved = side;
    this.drawBars();
    this.page.update();
  }

  reset() {
    this.now = { ...this.own };
    this.draw();
  }

  draw() {
    for (const [side, input] of Object.entries(this.sliders)) {
      const stop = this.now[side];
      input.value = String(Math.round(1000 * (stop === null ? Number(side === "maximum") : this.x(stop))));
    }
    this.drawBars();
  }

  drawBars() {
    const tallest = Math.sqrt(Math.max(...this.bins, 1));
    const left = this.now.minimum === null ? 0 : this.x(this.now.minimum) * BINS;
    const right = this.now.maximum === null ? BINS : this.x(this.now.maximum) * BINS;
    const bars = [...this.bins].map((count, k) => {
      const height = count ? Math.max(1, (56 * Math.sqrt(count)) / tallest) : 0;
      const kept = k + 1 > left && k <= right;
      return drawn("rect", { class: kept ? "bar-kept" : "bar-lost", x: k + 0.08, width: 0.84, y: 58 - height, height });
    });
    const line = (stop, name) => drawn("line", { class: name, x1: this.x(stop) * BINS, x2: this.x(stop) * BINS, y1: -2, y2: 60 });
    const lines = Object.keys(this.bounds).flatMap((side) => [
      ...(this.own[side] === null || this.own[side] === this.now[side] ? [] : [line(this.own[side], "own")]),
      ...(this.now[side] === null ? [] : [line(this.now[side], "now")]),
    ]);
    this.svg.replaceChildren(...bars, ...(this.stops.length ? lines : []));
    const kept = this.counts.reduce((sum, count, place) => sum + (place !== UNDEFINED && this.keeps(place) ? count : 0), 0);
    const undefinedOnes = this.counts[UNDEFINED] ? `; not defined for ${whole(this.counts[UNDEFINED])}` : "";
    this.alone.replaceChildren("by itself keeps ", element("b", "", percent(kept, this.total)), ` · ${whole(kept)}${undefinedOnes}`);
    for (const [side, output] of Object.entries(this.outputs)) {
      const shown = this.now[side] === null ? "none" : short(this.stops[this.now[side]]);
      output.textContent = shown;
      this.sliders[side].setAttribute("aria-valuetext", shown);
    }
  }

  // The side on which more documents are dropped.
  busier() {
    const dropped = (from, to) => this.counts.slice(from, to).reduce((sum, count) => sum + count, 0);
    return dropped(0, this.lowest) > dropped(this.highest + 1, UNDEFINED) ? "minimum" : "maximum";
  }

  // The documents with a text on one side of the bound that was moved last, the nearest to it first.
  near(number, keeping) {
    const side = this.moved ?? this.busier();
    const stop = this.now[side] ?? (side === "maximum" ? this.stops.length - 1 : 0);
    const distance = (text) => Math.abs(text[4][number] - this.stops[stop]);
    return this.page.texts
      .filter((text) => this.places[text[0]] !== UNDEFINED && this.keeps(this.places[text[0]]) === keeping)
      .sort((a, b) => distance(a) - distance(b)).slice(0, NEAR);
  }
}

class Step {
  constructor(step, index, places, page) {
    Object.assign(this, { label: step.label, kind: step.kind, tables: step.tables, index, page, on: true });
    this.first = places.first;
    this.element = element("section", "step");
    this.element.id = `step-${index}`;
    const header = element("header");
    this.about = element("p");
    header.append(element("h2", "", step.label), this.about);
    if (step.kind === "filter") header.append(this.toggle());
    this.rules = step.rules.map((rule, k) => new Rule(rule, places.of(places.first + k), this, page));
    const grid = element("div", "rules");
    grid.append(...this.rules.map((rule) => rule.element));
    this.beside = element("div", "beside halves");
    this.beside.hidden = true;
    this.element.append(header, grid, this.beside);
  }

  toggle() {
    const label = element("label", "on");
    this.box = element("input");
    Object.assign(this.box, { type: "checkbox", checked: true });
    this.box.addEventListener("change", () => { this.switch(this.box.checked); this.page.update(); });
    label.append(this.box, "in use");
    return label;
  }

  switch(on) {
    this.on = on;
    if (this.box) this.box.checked = on;
    this.element.classList.toggle("off", !on);
  }

  drops(document) {
    if (!this.on) return false;
    if (this.kind !== "filter") return this.page.dropped[document] === this.index;
    return this.rules.some((rule) => !rule.keeps(rule.places[document]));
  }

  open(rule) {
    this.shown = this.shown === rule ? null : rule;
    for (const each of this.rules) each.button?.setAttribute("aria-expanded", String(each === this.shown));
    this.show();
  }

  show() {
    this.beside.hidden = !this.shown;
    if (!this.shown) return;
    const number = this.first + this.rules.indexOf(this.shown);
    this.beside.replaceChildren(...[false, true].map((keeping) => {
      const half = element("div", "samples");
      const list = element("ol");
      const found = this.shown.near(number, keeping);
      list.append(...found.map(([, id, url, text, values]) => documentItem(short(values[number]), url || id, text)));
      half.append(element("h4", "", `${keeping ? "Kept" : "Dropped"} by “${this.shown.name}”, the nearest first`), list);
      if (!found.length) half.append(element("p", "soft", "none among the documents in this page"));
      return half;
    }));
    scrollable(this.beside);
  }

  // What the recipe must be told, as --set says it.
  settings() {
    if (!this.on) return [`${this.label}=off`];
    const found = [], tables = {};
    for (const rule of this.rules) {
      for (const [side, { setting }] of Object.entries(rule.bounds)) {
        if (!setting || rule.now[side] === rule.own[side]) continue;
        const none = side === "maximum" ? ".inf" : "-.inf";
        const value = rule.now[side] === null ? none : rule.stops[rule.now[side]];
        if (setting[1] === null) found.push(`${this.label}.${setting[0]}=${value}`);
        else tables[setting[0]] = { ...(tables[setting[0]] ?? this.tables[setting[0]]), [setting[1]]: value };
      }
    }
    for (const [name, table] of Object.entries(tables)) {
      const inside = Object.entries(table).map(([key, value]) => `${key}: ${value}`).join(", ");
      found.push(`${this.label}.${name}={${inside}}`);
    }
    return found;
  }
}

class Page {
  constructor(data) {
    this.documents = data.documents;
    this.texts = data.texts;
    this.dropped = bytesOf(data.dropped);
    this.sizes = new Uint32Array(bytesOf(data.bytes).buffer);
    const all = bytesOf(data.places), size = this.dropped.length;
    const of = (rule) => all.subarray(rule * size, (rule + 1) * size);
    let first = 0;
    this.steps = data.steps.map((step, index) => {
      const made = new Step(step, index, { first, of }, this);
      first += step.rules.length;
      return made;
    });
    document.getElementById("steps").append(...this.steps.map((step) => step.element));
    this.reset = document.getElementById("reset");
    this.reset.addEventListener("click", () => {
      for (const step of this.steps) { step.switch(true); step.rules.forEach((rule) => rule.reset()); }
      this.update();
    });
    this.own = this.count();
    this.update();
  }

  // Documents by the first step that drops them; and those that only one step drops.
  count() {
    const size = this.dropped.length, fallen = this.steps.map(() => 0), only = this.steps.map(() => 0);
    let kept = 0, keptBytes = 0, bytes = 0;
    for (let document = 0; document < size; document++) {
      let first = KEPT, times = 0;
      for (let k = 0; k < this.steps.length && times < 2; k++) {
        if (!this.steps[k].drops(document)) continue;
        if (first === KEPT) first = k;
        times += 1;
        if (this.steps[k].kind !== "filter") break; // what comes after was not measured
      }
      bytes += this.sizes[document];
      if (first === KEPT) { kept += 1; keptBytes += this.sizes[document]; } else fallen[first] += 1;
      if (times === 1) only[first] += 1;
    }
    return { size, kept, keptBytes, bytes, fallen, only };
  }

  update() {
    const found = this.count(), all = this.documents / found.size, exact = this.documents === found.size;
    const show = (id, text) => { document.getElementById(id).textContent = text; };
    const about = exact ? "" : "about ";
    show("kept-share", percent(found.kept, found.size));
    show("kept-count", `${about}${whole(found.kept * all)} of ${whole(this.documents)}`);
    show("kept-bytes", `${about}${megabytes(found.keptBytes * all)} of ${megabytes(found.bytes * all)} of text`);
    const more = found.kept - this.own.kept;
    const settings = this.steps.flatMap((step) => step.settings());
    show("change", more ? `· ${more > 0 ? "+" : "−"}${whole(Math.abs(more) * all)} documents` : "");
    this.reset.disabled = !this.steps.some((step) => !step.on || step.rules.some((rule) => Object.keys(rule.own).some((side) => rule.own[side] !== rule.now[side])));
    document.getElementById("command").hidden = !settings.length;
    document.querySelector("#command code").textContent = settings.map((each) => `--set '${each}'`).join(" ");
    let came = found.size;
    this.steps.forEach((step, k) => {
      const only = step.kind === "filter" ? `; ${whole(found.only[k] * all)} that no other step drops` : "";
      step.about.textContent = `drops ${about}${whole(found.fallen[k] * all)} of ${whole(came * all)} (${percent(found.fallen[k], came)})${only}`;
      came -= found.fallen[k];
      step.show();
    });
  }
}

new Page(read("data"));
document.documentElement.setAttribute("data-drawn", "true");
