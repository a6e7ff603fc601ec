// What stands below the picture, as tables and lists.
import { cell, count, el, foreign, rows, short, span, word } from "./draw.js";

const id = (name) => document.getElementById(name);

const STATE = { running: "good", draining: "warn", stopped: "", lost: "bad", leased: "", trained: "good", void: "warn", requested: "", loading: "", reported: "good", failed: "bad", cancelled: "warn", discarded: "warn", abandoned: "bad", rejected: "bad", missing: "bad", skipped: "bad", handed_back: "", lease_void: "warn", resumed: "" };

function state(name) {
  return el("span", { class: "word " + (STATE[name] ?? "") }, word(name));
}

function since(view, ms) {
  return ms === undefined || ms === null ? "" : span(view.now_ms - ms);
}

export function drawTables(view, open) {
  waits(view);
  workers(view);
  slowest(view);
  steps(view, open);
  ends(view, open);
  letters(view);
  evaluations(view);
}

function waits(view) {
  rows(id("waits-rows"), view.waits.map((wait) => el("tr", {}, cell("", wait.who), cell("waits for", foreign(wait.what_for)), cell("since", since(view, wait.since_ms), "n"))), "nothing waits", 3);
}

function workers(view) {
  rows(id("workers-rows"), view.workers.shown.map((worker) => {
    const share = worker.slots ? worker.slots_in_use / worker.slots : 0;
    const fill = el("span", { class: "fill" });
    fill.style.width = `${Math.round(100 * share)}%`;
    const oldest = worker.oldest[0];
    const down = worker.engines.filter((engine) => !engine.healthy).length;
    return el("tr", {}, cell("", worker.id, "id"), cell("", state(worker.state)), cell("", el("div", { class: "slots" }, el("span", { class: "track" }, fill), `${worker.slots_in_use} of ${worker.slots}`)), cell("groups", count(worker.groups), "n"), cell("oldest", oldest ? since(view, oldest.since_ms) : "", "n"), cell("finished", count(worker.groups_finished), "n"), cell("failed", count(worker.groups_failed), "n"), cell("samples/s", short(worker.samples_per_second), "n"), cell("tokens/s", short(worker.tokens_per_second), "n"), cell("engines", `${worker.engines.length}${down ? `, ${down} down` : ""}`));
  }), "no worker is there", 10);
}

function slowest(view) {
  rows(id("slowest-rows"), view.slowest.map((group) => el("tr", {}, cell("group", String(group.group), "n"), cell("attempt", String(group.attempt), "n"), cell("at", group.worker, "id"), cell("samples", `${group.samples_done} of ${group.samples || "?"} done`), cell("version", group.issue_version === undefined ? "" : String(group.issue_version), "n"), cell("taken", since(view, group.since_ms) + " ago", "n"))), "no group is in flight long enough to be seen", 6);
}

function staleness(map) {
  return Object.entries(map).map(([versions, groups]) => [Number(versions), groups]).sort((a, b) => a[0] - b[0]).map(([versions, groups]) => `${groups} at ${versions}`).join(", ");
}

function steps(view, open) {
  rows(id("steps-rows"), view.steps.map((step) => {
    const name = (step.lineage ? `${step.lineage}.` : "") + step.step;
    const key = `step-${step.lineage}-${step.step}-${step.leased_ms}`;
    const f = step.figures;
    return el("tr", {}, cell("step", el("button", { class: "link", type: "button", "data-key": key, "aria-label": `Step ${name}: show its batch`, onclick: () => open.step(step) }, name), "n"), cell("", state(step.state)), cell("version", `${step.weight_version}${step.new_weight_version === undefined ? "" : " → " + step.new_weight_version}`, "n"), cell("groups", count(step.groups), "n"), cell("reward", f ? `${short(f.reward_mean)} ± ${short(f.reward_std)}` : "", "n"), cell("tokens", f ? short(f.response_tokens) : "", "n"), cell("staleness", staleness(step.staleness)), cell(step.trained_ms === undefined ? "leased" : "trained", since(view, step.trained_ms ?? step.leased_ms) + " ago", "n"));
  }), "no step yet", 8);
}

function ends(view, open) {
  const counts = Object.entries(view.ends_by_reason).sort((a, b) => b[1] - a[1]);
  id("ends-counts").replaceChildren(...counts.slice(0, 12).map(([reason, number]) => el("li", { class: "word" }, foreign(`${reason} ${count(number)}`))));
  rows(id("ends-rows"), view.ends.slice(0, 100).map((end) => el("tr", {}, cell("", since(view, end.ms) + " ago", "n"), cell("", state(end.what)), cell(end.group === undefined ? "" : "group", end.group === undefined ? "" : `${end.group}, attempt ${end.attempt}`, "n"), cell("", el("div", { class: "reason" }, foreign(end.reason))))), "nothing was dropped, refused or repeated", 4);
}

function letters(view) {
  id("letters-count").textContent = view.dead_letters.count ? count(view.dead_letters.count) : "";
  rows(id("letters-rows"), view.dead_letters.newest.map((letter) => el("tr", {}, cell("", since(view, letter.ms) + " ago", "n"), cell("", foreign(letter.what)), cell("", el("div", { class: "reason" }, foreign([letter.cause, ...letter.attempts].join("\n")))))), "no dead letter", 3);
}

function dataSet(set) {
  const pass = Object.entries(set.pass_at ?? {}).map(([k, value]) => `pass@${k} ${short(value)}`);
  return [`${set.name}: ${set.done} of ${set.groups}`, set.mean_reward === undefined ? null : `reward ${short(set.mean_reward)}`, ...pass.slice(0, 3)].filter((part) => part !== null).join(", ");
}

function evaluations(view) {
  rows(id("evaluations-rows"), view.evaluations.map((one) => el("tr", {}, cell("", foreign(one.id), "id"), cell("", state(one.state)), cell("version", String(one.weight_version), "n"), cell("done", one.groups ? `${count(one.done)} of ${count(one.groups)}` : "", "n"), cell("", [...one.data_sets.map((set) => el("div", {}, foreign(dataSet(set)))), one.cause ? el("div", { class: "reason" }, foreign(one.cause)) : null]), cell("asked", since(view, one.requested_ms) + " ago", "n"))), "no evaluation was asked for", 6);
}
