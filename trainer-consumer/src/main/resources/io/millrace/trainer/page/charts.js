// Small charts with one scale each: lines, bands and stacked bars, read by pointer or by arrow keys.
import { count, el, short, span, svg } from "./draw.js";

const H = 131;
const LEFT = 38;
const RIGHT = 6;
const TOP = 8;
const BOTTOM = 18;

const CHARTS = [
  { id: "groups", title: "Groups by where they are", of: "flow", lines: [["queued", "a", "queued"], ["in_flight", "b", "in flight"], ["finished", "c", "finished"]] },
  { id: "trained", title: "Groups trained", of: "flow", lines: [["trained", "a", "trained, in all"]] },
  { id: "slots", title: "Slots", of: "flow", lines: [["slots", "b", "slots"], ["slots_in_use", "a", "busy"]], zero: true },
  { id: "rate", title: "Tokens a second", of: "flow", lines: [["tokens_per_second", "a", "tokens/s"]], zero: true },
  { id: "reward", title: "Reward by step", of: "steps", lines: [["reward_mean", "a", "mean"]], band: ["reward_mean", "reward_std", "mean ± std"] },
  { id: "length", title: "Response length by step", of: "steps", lines: [["response_tokens", "b", "tokens a sample, trained"]], zero: true },
  { id: "staleness", title: "Staleness by step", of: "steps", stack: [["staleness_in_flight", "b", "while generated"], ["staleness_in_queue", "a", "waiting"]], lines: [["staleness_mean", "d", "mean, weight versions"]], zero: true },
  { id: "waiting", title: "Seconds of a step", of: "steps", lines: [["wait_seconds", "b", "trainer waited"], ["train_seconds", "a", "trained"]], zero: true },
  { id: "finished-reward", title: "Reward of what finishes", of: "groups", lines: [["reward", "a", "mean of a sample"]] },
  { id: "finished-length", title: "Length of what finishes", of: "groups", lines: [["response_tokens", "b", "tokens a sample"]], zero: true },
];

export class Charts {
  constructor(grid) {
    this.charts = CHARTS.map((spec) => new Chart(spec));
    grid.replaceChildren(...this.charts.map((chart) => chart.figure));
  }

  draw(series, nowMs) {
    for (const chart of this.charts) chart.draw(series[chart.spec.of], nowMs);
  }
}

function mark(kind, fill) {
  return svg("svg", { viewBox: "0 0 16 10", "aria-hidden": "true" }, fill ? svg("rect", { x: 0, y: 1, width: 16, height: 8, class: fill }) : svg("path", { d: "M0 5H16", class: "l l" + kind }));
}

class Chart {
  constructor(spec) {
    this.spec = spec;
    this.at = null;
    this.width = 360;
    this.picture = svg("svg", { role: "img", tabindex: "0" });
    this.readout = el("p", { class: "readout", "aria-live": "off" });
    const keys = [...(spec.lines ?? []).map(([, kind, name]) => el("span", { class: "key" }, mark(kind), name)), ...(spec.stack ?? []).map(([, kind, name]) => el("span", { class: "key" }, mark(kind, "f" + kind), name)), spec.band ? el("span", { class: "key" }, mark("", "band"), spec.band[2]) : null];
    this.figure = el("figure", { class: "chart", id: "chart-" + spec.id }, el("figcaption", {}, el("h3", {}, spec.title), keys), this.picture, this.readout);
    this.picture.addEventListener("pointermove", (event) => this.point(event));
    this.picture.addEventListener("pointerleave", () => this.show(null));
    this.picture.addEventListener("keydown", (event) => this.key(event));
    this.picture.addEventListener("blur", () => {
      this.readout.setAttribute("aria-live", "off");
      this.show(null);
    });
  }

  draw(points, nowMs) {
    this.points = points;
    this.nowMs = nowMs;
    const spec = this.spec;
    const values = (name) => points.values[name] ?? [];
    const n = points.x.length;
    const W = (this.width = Math.max(200, this.picture.clientWidth || 360));
    this.picture.setAttribute("viewBox", `0 0 ${W} ${H}`);
    this.picture.setAttribute("aria-label", this.inWords());
    if (n === 0) {
      this.picture.replaceChildren(svg("text", { x: W / 2, y: H / 2, class: "axis", "text-anchor": "middle" }, spec.of === "steps" ? "no step yet" : "nothing yet"));
      return;
    }
    const all = [];
    for (const [name] of spec.lines ?? []) all.push(...values(name));
    if (spec.band) values(spec.band[0]).forEach((mean, i) => mean !== null && all.push(mean - (values(spec.band[1])[i] ?? 0), mean + (values(spec.band[1])[i] ?? 0)));
    if (spec.stack) points.x.forEach((_, i) => all.push(spec.stack.reduce((sum, [name]) => sum + (values(name)[i] ?? 0), 0)));
    const known = all.filter((value) => value !== null && value !== undefined);
    let low = spec.zero || spec.stack ? 0 : Math.min(...known);
    let high = Math.max(...known, spec.zero ? 0 : -Infinity);
    if (!known.length) low = high = 0;
    if (!spec.zero && low > 0 && low < high / 2) low = 0;
    if (low === high) {
      high = low + (low === 0 ? 1 : Math.abs(low) / 2);
      if (low > 0) low = 0;
    }
    const first = points.x[0];
    const last = points.x[n - 1];
    const wide = spec.stack ? Math.max(1, ((W - LEFT - RIGHT) / Math.max(n, 8)) * 0.8) : 0;
    const left = LEFT + wide / 2;
    this.px = (x) => (last === first ? (LEFT + W - RIGHT) / 2 : left + ((x - first) / (last - first)) * (W - left - RIGHT - wide / 2));
    const py = (value) => H - BOTTOM - ((value - low) / (high - low)) * (H - TOP - BOTTOM);
    const nodes = [];
    for (const value of [low, (low + high) / 2, high]) {
      nodes.push(svg("path", { d: `M${LEFT} ${py(value)}H${W - RIGHT}`, class: "rule" }), svg("text", { x: LEFT - 4, y: py(value) + 3, class: "axis", "text-anchor": "end" }, short(value)));
    }
    if (spec.band) {
      const means = values(spec.band[0]);
      const stds = values(spec.band[1]);
      const there = points.x.map((x, i) => [x, means[i], stds[i]]).filter((one) => one[1] !== null);
      const up = there.map(([x, mean, std]) => `${this.px(x)},${py(mean + (std ?? 0))}`);
      const down = there.map(([x, mean, std]) => `${this.px(x)},${py(mean - (std ?? 0))}`).reverse();
      nodes.push(svg("polygon", { points: [...up, ...down].join(" "), class: "band" }));
    }
    if (spec.stack) {
      points.x.forEach((x, i) => {
        let base = 0;
        for (const [name, kind] of spec.stack) {
          const value = values(name)[i] ?? 0;
          if (value > 0) nodes.push(svg("rect", { x: this.px(x) - wide / 2, y: py(base + value), width: wide, height: Math.max(0.5, py(base) - py(base + value)), class: "f" + kind }));
          base += value;
        }
      });
    }
    for (const [name, kind] of spec.lines ?? []) nodes.push(this.line(values(name), py, kind));
    nodes.push(svg("text", { x: LEFT, y: H - 5, class: "axis" }, this.where(first)), svg("text", { x: W - RIGHT, y: H - 5, class: "axis", "text-anchor": "end" }, n > 1 ? this.where(last) : ""));
    this.cursor = svg("path", { d: "", class: "cursor" });
    nodes.push(this.cursor);
    this.picture.replaceChildren(...nodes);
    if (this.at !== null) this.show(Math.min(this.at, n - 1));
    else this.readout.textContent = this.says(n - 1);
  }

  line(values, py, kind) {
    let path = "";
    let pen = false;
    values.forEach((value, i) => {
      if (value === null || value === undefined) {
        pen = false;
        return;
      }
      path += `${pen ? "L" : "M"}${this.px(this.points.x[i]).toFixed(1)} ${py(value).toFixed(1)}`;
      if (!pen && (values[i + 1] === null || values[i + 1] === undefined)) path += "h0.1";
      pen = true;
    });
    return svg("path", { d: path, class: "l l" + kind });
  }

  where(x) {
    return this.spec.of === "steps" ? "step " + x : x >= this.nowMs - 3000 ? "now" : span(this.nowMs - x) + " ago";
  }

  says(i) {
    const spec = this.spec;
    const parts = [...(spec.stack ?? []), ...(spec.lines ?? [])].map(([name, , label]) => {
      const value = this.points.values[name]?.[i];
      return value === null || value === undefined ? null : `${label} ${this.spec.of === "flow" && value >= 10 ? count(value) : short(value)}`;
    });
    return this.where(this.points.x[i]) + ": " + parts.filter((part) => part !== null).join(", ");
  }

  inWords() {
    return this.spec.title + (this.points.x.length ? ". " + this.says(this.points.x.length - 1) + ". Arrow keys go from point to point." : ": nothing yet");
  }

  show(i) {
    this.at = i;
    if (!this.cursor || !this.points?.x.length) return;
    const n = this.points.x.length;
    this.cursor.setAttribute("d", i === null ? "" : `M${this.px(this.points.x[i])} ${TOP}V${H - BOTTOM}`);
    this.readout.textContent = this.says(i === null ? n - 1 : i);
  }

  point(event) {
    if (!this.points?.x.length) return;
    const frame = this.picture.getBoundingClientRect();
    const x = ((event.clientX - frame.left) / frame.width) * this.width;
    let best = 0;
    this.points.x.forEach((value, i) => {
      if (Math.abs(this.px(value) - x) < Math.abs(this.px(this.points.x[best]) - x)) best = i;
    });
    this.show(best);
  }

  key(event) {
    const n = this.points?.x.length ?? 0;
    if (!n) return;
    const from = this.at ?? n - 1;
    const to = { ArrowLeft: from - 1, ArrowRight: from + 1, Home: 0, End: n - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    this.readout.setAttribute("aria-live", "polite");
    this.show(Math.max(0, Math.min(n - 1, to)));
  }
}
