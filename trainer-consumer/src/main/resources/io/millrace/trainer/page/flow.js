// The run as a picture: where groups are, who holds them, who waits.
import { count, short, span, svg, word } from "./draw.js";

const WORKERS_DRAWN = 10;
const ENGINES_DRAWN = 8;
const CELLS = 32;

/** Redraws the picture for the width that there is. */
export function drawFlow(place, view) {
  const width = place.clientWidth || 1000;
  const picture = width < 720 ? tall(view, Math.max(300, width)) : wide(view);
  picture.setAttribute("role", "img");
  picture.setAttribute("aria-label", inWords(view));
  place.replaceChildren(picture);
}

/** The same for whoever does not see it. */
function inWords(view) {
  const g = view.groups;
  const w = view.workers;
  return `${count(g.queued)} groups queued, ${count(g.in_flight)} in flight at ${w.live} workers with ${w.slots_in_use} of ${w.slots} slots busy, `
    + `${count(g.finished)} finished, ${count(g.leased)} at the trainer, ${count(g.trained)} trained. The gate waits for ${view.gate.waiting_for}.`;
}

function text(x, y, kind, content, more) {
  return svg("text", { x, y, class: kind, ...more }, content);
}

function cut(content, chars) {
  return content.length <= chars ? content : content.slice(0, Math.max(1, chars - 1)) + "…";
}

function wrap(content, chars, lines) {
  const out = [];
  let line = "";
  for (const part of content.split(" ")) {
    if (line && (line + " " + part).length > chars) {
      out.push(line);
      line = part;
    } else {
      line = line ? line + " " + part : part;
    }
  }
  out.push(line);
  if (out.length > lines) {
    out.length = lines;
    out[lines - 1] = cut(out[lines - 1] + " …", chars);
  }
  return out.map((one) => cut(one, chars));
}

function box(x, y, w, h, kind, title, ...inside) {
  return svg("g", {}, svg("rect", { x, y, width: w, height: h, rx: 8, class: "p-box " + kind }), text(x + 12, y + 20, "p-t", title), inside);
}

function paragraph(x, y, w, content, kind, lines) {
  return wrap(content, Math.floor(w / 6.1), lines).map((line, i) => text(x, y + i * 14, kind, line));
}

function bar(x, y, w, share, kind) {
  const part = Math.max(0, Math.min(1, share || 0));
  return [svg("rect", { x, y, width: w, height: 7, rx: 3, class: "p-bar" }), part > 0 ? svg("rect", { x, y, width: Math.max(3, w * part), height: 7, rx: 3, class: "p-fill " + (kind ?? "") }) : null];
}

function edge(path, moving) {
  return [svg("path", { d: path, class: "p-edge" }), moving ? svg("path", { d: path, class: "p-flow" }) : null];
}

function producer(view, x, y, w, h) {
  const p = view.producer;
  const ahead = p.admissible === undefined ? null : p.admissible - p.published;
  const state = !p.live ? "not heard of" + (p.seen_ms === undefined ? "" : " for " + span(view.now_ms - p.seen_ms)) : ahead === null ? "starting" : ahead > 0 ? `may publish ${count(ahead)} more` : "waits for training";
  return box(x, y, w, h, p.live ? "on" : "bad", "Producer", text(x + 12, y + 48, "p-n", count(p.published)), text(x + 12, y + 65, "p-s", "groups published"), paragraph(x + 12, y + 84, w - 20, state, p.live && ahead !== null && ahead > 0 ? "p-s" : "p-w", 2));
}

function lanes(view, x, y, w, h) {
  const most = Math.max(1, ...view.lanes.map((lane) => lane.queued));
  const step = (h - 26) / view.lanes.length;
  return box(x, y, w, h, view.groups.queued > 0 ? "on" : "", "Queue", view.lanes.map((lane, i) => {
    const top = y + 30 + i * step;
    const age = lane.oldest_ms === undefined ? "" : "oldest " + span(view.now_ms - lane.oldest_ms);
    return [text(x + 12, top + 11, "p-s", lane.lane === "training" ? "prompts" : lane.lane), text(x + w - 12, top + 11, "p-t", count(lane.queued), { "text-anchor": "end" }), bar(x + 12, top + 17, w - 24, lane.queued / most, lane.lane === "urgent" ? "b" : lane.lane === "evaluation" ? "d" : ""), text(x + 12, top + 36, "p-s", age)];
  }));
}

function workerRows(view) {
  const shown = view.workers.shown.slice(0, WORKERS_DRAWN);
  return { shown, more: view.workers.known - shown.length };
}

function slots(worker, x, y, w) {
  const cells = Math.min(CELLS, worker.slots);
  if (!cells) return [];
  const size = w / cells;
  const busy = Math.round((worker.slots_in_use / worker.slots) * cells);
  return Array.from({ length: cells }, (_, i) => svg("rect", { x: x + i * size + 0.6, y, width: Math.max(1, size - 1.2), height: 11, rx: 1.5, class: "p-slot" + (i < busy ? " busy" : "") }));
}

function workersHeight(view) {
  const { shown, more } = workerRows(view);
  return 40 + Math.max(1, shown.length) * 25 + (more > 0 ? 18 : 0);
}

function workers(view, x, y, w, h) {
  const { shown, more } = workerRows(view);
  const w0 = view.workers;
  const name = Math.min(110, w * 0.26);
  const share = 74;
  const drawn = shown.map((worker, i) => {
    const top = y + 34 + i * 25;
    const running = worker.state === "running";
    return [text(x + 12, top + 11, running ? "p-s" : "p-w", cut(worker.id, Math.floor(name / 6.6))), running || worker.state === "draining" ? slots(worker, x + 12 + name, top + 1, w - name - share - 28) : text(x + 12 + name, top + 11, "p-w", `${word(worker.state)} ${span(view.now_ms - worker.seen_ms)} ago`), text(x + w - 12, top + 11, "p-s", running ? `${worker.slots_in_use}/${worker.slots}` : word(worker.state), { "text-anchor": "end" })];
  });
  return box(x, y, w, h, w0.live ? "on" : "bad", `Workers`, text(x + w - 12, y + 20, "p-s", `${w0.slots_in_use} of ${w0.slots} slots busy, ${short(w0.samples_per_second)} samples/s`, { "text-anchor": "end" }), drawn, shown.length ? null : text(x + 12, y + 45, "p-w", "none is there"), more > 0 ? text(x + 12, y + h - 10, "p-s", `and ${more} more, in the table below`) : null);
}

function enginesHeight(view) {
  return 34 + Math.max(1, Math.min(ENGINES_DRAWN, view.engines.length)) * 18 + (view.engines.length > ENGINES_DRAWN ? 16 : 0);
}

function engines(view, x, y, w, h) {
  const shown = view.engines.slice(0, ENGINES_DRAWN);
  const well = view.engines.every((engine) => engine.well > 0);
  return box(x, y, w, h, view.engines.length === 0 ? "" : well ? "on" : "bad", "Engines", text(x + w - 12, y + 20, "p-s", `${short(view.workers.tokens_per_second)} tokens/s`, { "text-anchor": "end" }), shown.map((engine, i) => {
    const top = y + 30 + i * 18;
    const version = engine.weight_version === undefined ? "" : ` · weights ${cut(engine.weight_version, 8)}`;
    const says = (engine.well > 0 ? "well" : "down") + ` · ${engine.in_flight} requests${version}`;
    return [svg("circle", { cx: x + 17, cy: top + 7, r: 4, class: "p-dot " + (engine.well > 0 ? "good" : "bad") }), text(x + 28, top + 11, "p-s", cut(engine.address.replace(/^https?:\/\//, ""), Math.floor((w - 60 - says.length * 5.6) / 6.1))), text(x + w - 12, top + 11, engine.well > 0 ? "p-s" : "p-w", says, { "text-anchor": "end" })];
  }), shown.length ? null : text(x + 12, y + 41, "p-s", "none named by a worker"));
}

function results(view, x, y, w, h) {
  const g = view.groups;
  const age = g.oldest_finished_ms === undefined ? "" : "oldest " + span(view.now_ms - g.oldest_finished_ms);
  return box(x, y, w, h, g.finished ? "on" : "", "Results", text(x + 12, y + 48, "p-n", count(g.finished)), text(x + 12, y + 65, "p-s", "groups wait"), text(x + 12, y + 84, "p-s", age));
}

function gate(view, x, y, w, h) {
  const gateView = view.gate;
  const wanted = gateView.wanted ?? 0;
  const since = gateView.waiting_since_ms === undefined ? "" : " for " + span(view.now_ms - gateView.waiting_since_ms);
  return box(x, y, w, h, "on", "Gate", text(x + 12, y + 48, "p-n", count(gateView.finished)), text(x + 12, y + 65, "p-s", wanted ? `finished, ${count(wanted)} a step` : "finished"), bar(x + 12, y + 74, w - 24, wanted ? gateView.finished / wanted : 0), paragraph(x + 12, y + 98, w - 22, "waits" + since + " for " + gateView.waiting_for, "p-s", 4));
}

function trainer(view, x, y, w, h) {
  const open = view.trainer.open;
  const last = view.trainer.last_trained;
  const says = open.length ? `step ${open[0].step} for ${span(view.now_ms - open[0].leased_ms)}` : view.trainer.last_trained_ms === undefined ? "no step yet" : `waits for ${span(view.now_ms - view.trainer.last_trained_ms)}`;
  const version = view.gate.weight_version === undefined ? "" : `weights ${view.gate.weight_version}, ${view.gate.state}`;
  return box(x, y, w, h, open.length ? "on" : "", "Trainer", text(x + 12, y + 48, "p-n", count(view.groups.trained)), text(x + 12, y + 65, "p-s", "groups trained"), text(x + 12, y + 84, open.length ? "p-s" : "p-w", says), text(x + 12, y + 100, "p-s", last === undefined ? "" : `last step ${last}`), text(x + 12, y + 116, "p-s", version));
}

function moving(view) {
  return { publish: view.producer.live && view.groups.queued > 0, claim: view.groups.in_flight > 0, finish: view.workers.samples_per_second > 0, lease: view.trainer.open.length > 0 };
}

function wide(view) {
  const wh = workersHeight(view);
  const eh = enginesHeight(view);
  const h = Math.max(210, wh + eh + 26);
  const side = Math.min(h, 190);
  const y = 6;
  const m = moving(view);
  const middle = y + Math.min(side, h) / 2;
  const floor = y + h + 22;
  return svg("svg", { viewBox: `0 0 1300 ${floor + 12}` },
    edge(`M150 ${middle}H196`, m.publish), edge(`M366 ${middle}H412`, m.claim), edge(`M812 ${middle}H852`, m.finish), edge(`M964 ${middle}H992`, m.finish), edge(`M1142 ${middle}H1170`, m.lease),
    svg("path", { d: `M612 ${y + wh}v26`, class: "p-edge" }),
    svg("path", { d: `M1235 ${y + side}V${floor}H75V${y + side}`, class: "p-news" }), svg("path", { d: `M612 ${floor}V${y + wh + 26 + eh}`, class: "p-news" }),
    text(640, floor - 6, "p-s", "news of the weights, and how far the producer may go"),
    producer(view, 1, y, 149, side), lanes(view, 196, y, 170, side), workers(view, 412, y, 400, wh), engines(view, 412, y + wh + 26, 400, eh), results(view, 852, y, 112, side), gate(view, 992, y, 150, side), trainer(view, 1170, y, 129, side));
}

function tall(view, width) {
  const wh = workersHeight(view);
  const eh = enginesHeight(view);
  const m = moving(view);
  const w = width - 2;
  const half = (w - 10) / 2;
  const parts = [];
  let y = 2;
  const down = (on) => {
    parts.push(edge(`M${width / 2} ${y}v16`, on));
    y += 16;
  };
  parts.push(producer(view, 1, y, half, 128), lanes(view, 11 + half, y, half, 152));
  parts.push(edge(`M${half + 1} ${y + 64}h10`, m.publish));
  y += 152;
  down(m.claim);
  parts.push(workers(view, 1, y, w, wh));
  y += wh;
  down(false);
  parts.push(engines(view, 1, y, w, eh));
  y += eh;
  down(m.finish);
  parts.push(results(view, 1, y, half, 160), gate(view, 11 + half, y, half, 160), edge(`M${half + 1} ${y + 64}h10`, m.finish));
  y += 160;
  down(m.lease);
  parts.push(trainer(view, 1, y, w, 126));
  y += 126;
  return svg("svg", { viewBox: `0 0 ${width} ${y + 2}` }, parts);
}
