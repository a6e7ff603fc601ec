// The page: follows the run's events, and draws what they say.
import { follow, json, keepToken, takeToken } from "./api.js";
import { Charts } from "./charts.js";
import { count, el, foreign, span } from "./draw.js";
import { drawFlow } from "./flow.js";
import { groupKey, openGroup, openStep } from "./group.js";
import { drawTables } from "./tables.js";

const id = (name) => document.getElementById(name);
const SERIES_EVERY_MS = 5000;
const AGAIN_MS = 2000;
const charts = new Charts(id("charts-grid"));
let state = null;
let tier = 0;
let series = null;

function live(kind, text) {
  const pill = id("live");
  if (pill.textContent !== text) pill.textContent = text;
  pill.className = "pill " + kind;
}

function notice(text) {
  const place = id("notice");
  place.hidden = !text;
  if (place.textContent !== text) place.replaceChildren(...foreign(text ?? ""));
}

function fact(name, value) {
  return el("div", {}, el("dt", {}, name), el("dd", {}, value));
}

function draw() {
  if (!state || document.hidden) return;
  const { view } = state;
  document.title = `${view.run} · Millrace`;
  id("run").textContent = view.run;
  const quiet = state.quiet_ms > 10000;
  if (state.failure) live("bad", "stands still");
  else if (quiet) live("warn", "nothing written for " + span(state.quiet_ms));
  else live("good", "live");
  notice(state.failure ? "The observer has failed, and the page stands still: " + state.failure : view.untracked ? `${count(view.untracked)} groups are beyond what is followed; figures leave them out.` : quiet ? "No process of the run has written anything for " + span(state.quiet_ms) + "; everything is as of then." : "");
  const g = view.groups;
  const facts = [fact("trained", count(g.trained)), fact("discarded", count(g.discarded)), fact("abandoned", count(g.abandoned))];
  if (g.again) facts.push(fact("to be issued again", count(g.again)));
  if (view.gate.weight_version !== undefined) facts.push(fact("weights", `${view.gate.weight_version}, ${view.gate.state}`));
  if (view.gate.lineage) facts.push(fact("lineage", String(view.gate.lineage)));
  if (view.agreement) facts.push(fact("step", `${view.agreement.batch_groups} × ${view.agreement.samples_per_group} samples`));
  id("facts").replaceChildren(...facts);
  drawFlow(id("flow-picture"), view);
  drawTables(view, { step: openStep, group: openGroup });
}

async function drawSeries() {
  try {
    series = await json("/page/series?tier=" + tier);
    charts.draw(series, state?.view.now_ms ?? 0);
  } catch {
    // The events say what is wrong.
  }
}

function wait(ms) {
  return new Promise((done) => setTimeout(done, ms));
}

async function run() {
  for (;;) {
    try {
      await follow(undefined, (next) => {
        const first = state === null;
        state = next;
        draw();
        if (first) drawSeries();
      });
      live("warn", "connects again");
    } catch (error) {
      if (error.status === 401) {
        await askToken();
        continue;
      }
      live("bad", "no answer");
      notice(error.status ? error.message : "The server does not answer; it is asked again every 2 s.");
    }
    await wait(AGAIN_MS);
  }
}

function askToken() {
  live("warn", "asks for a token");
  const dialog = id("token-dialog");
  dialog.showModal();
  return new Promise((done) => {
    id("token-form").addEventListener("submit", (event) => {
      event.preventDefault();
      keepToken(id("token").value.trim());
      id("token").value = "";
      dialog.close();
      done();
    }, { once: true });
  });
}

const THEMES = ["system", "light", "dark"];

function theme(name) {
  if (name === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = name;
  id("theme").textContent = "Theme: " + name;
  try {
    localStorage.setItem("millrace-theme", name);
  } catch {
    // Private windows may not keep it.
  }
}

function nextTheme() {
  const now = document.documentElement.dataset.theme ?? "system";
  theme(THEMES[(THEMES.indexOf(now) + 1) % THEMES.length]);
}

function newestGroup() {
  const step = state?.view.steps.find((one) => one.state === "trained");
  if (step) json(`/page/step?lineage=${step.lineage}&step=${step.step}`).then(({ members }) => members.length && openGroup(members[0].group, members[0].attempt));
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches?.("input, textarea")) return;
  if (groupKey(event)) {
    event.preventDefault();
    return;
  }
  if (document.querySelector("dialog[open]")) return;
  const links = document.querySelectorAll("nav a");
  if (event.key >= "1" && event.key <= String(links.length)) {
    const section = document.querySelector(links[Number(event.key) - 1].hash);
    section.scrollIntoView();
    section.focus({ preventScroll: true });
  } else if (event.key === "t") nextTheme();
  else if (event.key === "g") newestGroup();
  else if (event.key === "?") id("keys-dialog").showModal();
  else return;
  event.preventDefault();
});

for (const button of document.querySelectorAll("[data-close]")) button.addEventListener("click", () => button.closest("dialog").close());
for (const button of document.querySelectorAll("[data-tier]")) {
  button.addEventListener("click", () => {
    tier = Number(button.dataset.tier);
    for (const other of document.querySelectorAll("[data-tier]")) other.setAttribute("aria-pressed", String(other === button));
    drawSeries();
  });
}
id("theme").addEventListener("click", nextTheme);
id("keys").addEventListener("click", () => id("keys-dialog").showModal());
document.addEventListener("visibilitychange", draw);
new ResizeObserver(() => state && drawFlow(id("flow-picture"), state.view)).observe(id("flow-picture"));

try {
  theme(THEMES.includes(localStorage.getItem("millrace-theme")) ? localStorage.getItem("millrace-theme") : "system");
} catch {
  theme("system");
}
takeToken();
run();
setInterval(drawSeries, SERIES_EVERY_MS);
