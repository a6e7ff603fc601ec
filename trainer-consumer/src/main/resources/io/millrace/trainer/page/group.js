// A step's batch, and a group's samples to be read: pieces by request, since a group may be huge.
import { json } from "./api.js";
import { count, el, foreign, short } from "./draw.js";

const id = (name) => document.getElementById(name);

function facts(pairs) {
  return el("dl", { class: "meta" }, pairs.filter(([, value]) => value !== "" && value !== undefined && value !== null).map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, foreign(String(value))))));
}

function failed(body, error) {
  body.replaceChildren(el("p", { class: "note" }, foreign(error.message)));
}

export async function openStep(step) {
  const name = (step.lineage ? `${step.lineage}.` : "") + step.step;
  id("step-title").textContent = `Step ${name}`;
  const body = id("step-body");
  body.replaceChildren(el("p", {}, "reads ..."));
  id("step-dialog").showModal();
  try {
    const { members } = await json(`/page/step?lineage=${step.lineage}&step=${step.step}`);
    const f = step.figures;
    body.replaceChildren(
      facts([["state", step.state], ["weights", step.weight_version], ["groups", step.groups], ["reward", f ? `${short(f.reward_mean)} ± ${short(f.reward_std)}` : ""], ["tokens a sample", f ? short(f.response_tokens) : ""], ["staleness while generated", f?.staleness_in_flight === undefined ? "" : short(f.staleness_in_flight)], ["waiting", f?.staleness_in_queue === undefined ? "" : short(f.staleness_in_queue)]]),
      el("h3", {}, "Its groups, by index; the number behind the colon is the oldest weight version of a token"),
      el("div", { class: "members" }, members.length ? members.map((member) => el("button", { type: "button", "aria-label": `Group ${member.group}, oldest version ${member.oldest_version}: read its samples`, onclick: () => openGroup(member.group, member.attempt) }, `${member.group} : ${member.oldest_version}`)) : "the groups of this step are not kept any more"));
    body.querySelector("button")?.focus();
  } catch (error) {
    failed(body, error);
  }
}

let shown = null;

export async function openGroup(group, attempt) {
  id("group-title").textContent = `Group ${group}`;
  const body = id("group-body");
  body.replaceChildren(el("p", {}, "reads ..."));
  const dialog = id("group-dialog");
  if (!dialog.open) dialog.showModal();
  shown = null;
  try {
    const summary = await json(`/page/group?index=${group}&attempt=${attempt ?? 0}`);
    shown = { summary, at: 0, colour: "version" };
    draw();
    await openSample(0);
  } catch (error) {
    failed(body, error);
  }
}

function draw() {
  const { summary } = shown;
  id("group-title").textContent = `Group ${summary.group}, attempt ${summary.attempt}`;
  const samples = el("div", { class: "samples", role: "group", "aria-label": "Samples, with their rewards" });
  const place = el("div", { id: "sample-body" });
  shown.buttons = samples;
  shown.place = place;
  id("group-body").replaceChildren(
    facts([["reward", `${short(summary.reward_mean)} ± ${short(summary.reward_std)}`], ["weights", summary.oldest_version === summary.newest_version ? summary.oldest_version : `${summary.oldest_version} to ${summary.newest_version}`], ["worker", summary.worker], ["took", `${short(summary.generation_seconds)} s`], ["label", summary.label], ["metadata", summary.metadata === "{}" ? "" : summary.metadata]]),
    el("h3", {}, "Prompt"),
    el("div", { class: "text", id: "prompt-text", tabindex: "0", role: "region", "aria-label": "Prompt" }, summary.prompt.map((message) => [el("span", { class: "role" }, foreign(message.role), message.text.length < message.chars ? ` (the first ${count(message.text.length)} of ${count(message.chars)} characters)` : ""), el("span", {}, foreign(message.text)), "\n"])),
    samples, place);
  addSamples();
}

function addSamples() {
  const { summary, buttons } = shown;
  buttons.replaceChildren(
    ...summary.rows.map((row) => el("button", { type: "button", "aria-pressed": String(row.position === shown.at), "data-position": row.position, onclick: () => openSample(row.position) }, `${row.position + 1}: ${short(row.reward)}`)),
    summary.rows.length < summary.samples ? el("button", { type: "button", onclick: moreSamples }, `${count(summary.samples - summary.rows.length)} more samples`) : "");
}

async function moreSamples() {
  const { summary } = shown;
  const next = await json(`/page/group?index=${summary.group}&attempt=${summary.attempt}&from=${summary.rows.length}`);
  summary.rows.push(...next.rows);
  addSamples();
}

function piece(position, token, character) {
  const { summary } = shown;
  return json(`/page/sample?index=${summary.group}&attempt=${summary.attempt}&position=${position}&token=${token}&char=${character}`);
}

async function openSample(position) {
  shown.at = position;
  addSamples();
  const { place } = shown;
  try {
    const sample = await piece(position, 0, 0);
    const text = el("div", { class: "text", id: "response-text", tabindex: "0", role: "region", "aria-label": `Response of sample ${position + 1}` }, foreign(sample.text));
    const tokens = el("div", { class: "tokens", id: "tokens", tabindex: "0", role: "region", "aria-label": "Response tokens" });
    const legend = el("span", { class: "key", id: "token-legend" });
    const colour = (kind) => el("button", { type: "button", "aria-pressed": String(shown.colour === kind), onclick: (event) => recolour(kind, event.target) }, kind === "version" ? "by weight version" : "by log-probability");
    const choice = el("div", { class: "more", role: "group", "aria-label": "Colour of the tokens" }, el("h3", {}, `${count(sample.response_tokens)} tokens`), colour("version"), colour("log_prob"), legend);
    Object.assign(shown, { tokens, legend, cells: [], choice });
    const state = { chars: sample.text.length, tokens: 0 };
    const moreText = el("div", { class: "more" });
    const moreTokens = el("div", { class: "more" });
    const rest = () => {
      moreText.replaceChildren(...(state.chars < sample.response_chars ? [el("button", { type: "button", onclick: async () => { const next = await piece(position, 0, state.chars); text.append(...foreign(next.text)); state.chars += next.text.length; rest(); } }, "more text"), `${count(state.chars)} of ${count(sample.response_chars)} characters`] : []));
      moreTokens.replaceChildren(...(state.tokens < sample.response_tokens ? [el("button", { type: "button", onclick: async () => { const next = await piece(position, state.tokens, 0); state.tokens += append(next); rest(); } }, "more tokens"), `${count(state.tokens)} of ${count(sample.response_tokens)} tokens`] : []));
    };
    state.tokens = append(sample);
    rest();
    place.replaceChildren(
      facts([["sample", sample.index], ["reward", short(sample.reward)], ["detail", sample.reward_detail], ["status", sample.status], ["finish", sample.finish_reason], ["prompt tokens", sample.prompt_tokens], ["seconds", short(sample.seconds)], ["engine", sample.engine], ["versions", sample.versions.map((span) => `${span.version} (${count(span.tokens)} tokens)`).join(", ")]]),
      el("h3", {}, "Response"), text, moreText, choice, tokens, moreTokens);
    paint();
  } catch (error) {
    failed(place, error);
  }
}

function append(sample) {
  sample.ids.forEach((token, i) => {
    const cell = el("span", { class: "tok", title: `token ${sample.from_token + i}: id ${token}, log-probability ${sample.log_probs[i].toFixed(3)}, weight version ${sample.token_versions[i]}${sample.mask[i] ? "" : ", not trained on"}` }, String(token));
    shown.cells.push({ cell, logProb: sample.log_probs[i], version: sample.token_versions[i], on: sample.mask[i] === 1 });
    shown.tokens.append(cell, " ");
  });
  paint();
  return sample.ids.length;
}

function band(logProb) {
  return logProb > -0.1 ? 0 : logProb > -0.7 ? 1 : logProb > -1.6 ? 2 : logProb > -3 ? 3 : 4;
}

function recolour(kind, button) {
  shown.colour = kind;
  for (const other of shown.choice.querySelectorAll("button")) other.setAttribute("aria-pressed", String(other === button));
  paint();
}

function paint() {
  if (!shown?.cells) return;
  const byVersion = shown.colour === "version";
  for (const { cell, logProb, version, on } of shown.cells) cell.className = "tok " + (byVersion ? "v" + (version % 4) : "p" + band(logProb)) + (on ? "" : " off");
  const legend = byVersion
    ? [...new Set(shown.cells.map((one) => one.version))].slice(0, 12).map((version) => el("span", { class: "tok v" + (version % 4) }, `version ${version}`))
    : ["0 to -0.1", "to -0.7", "to -1.6", "to -3", "below"].map((name, i) => el("span", { class: "tok p" + i }, name));
  shown.legend.replaceChildren(...legend);
}

/** Arrow keys go from sample to sample. */
export function groupKey(event) {
  if (!shown || !id("group-dialog").open) return false;
  const to = { ArrowLeft: shown.at - 1, ArrowRight: shown.at + 1 }[event.key];
  if (to === undefined || to < 0 || to >= shown.summary.rows.length) return false;
  openSample(to).then(() => shown.buttons.querySelector(`[data-position="${to}"]`)?.focus());
  return true;
}
