// State machines: for each run a track of steps that light up, what goes on in words, and a countdown where a person is
// waited for.

import { countdown, elapsed } from "./countdown.js";
import { byId, draw, el, span, timeOf } from "./dom.js";
import { svg } from "./svg.js";
import { headline, mood, timer, TROUBLE } from "./words.js";

const MARK = { done: "✓", current: "", failed: "✕", ahead: "", skipped: "–" };
const SAYS = { done: "done", current: "now", failed: "failed", ahead: "to come", skipped: "not needed" };
const TONE = { RUNNING: "running", SUCCEEDED: "ended", FAILED: "failed", ABORTED: "aborted", TIMED_OUT: "timed out" };
const MAY_ACT = { "Keep old": "a person may go back, or end it", "Keep earlier": "a person may go back, or clean up" };
const PERSON = "M8 8.2a2.9 2.9 0 1 0 0-5.8 2.9 2.9 0 0 0 0 5.8zM2.6 14c.3-2.9 2.5-4.6 5.4-4.6s5.1 1.7 5.4 4.6z";

export function drawMachines(machines) {
  draw(byId("machine"), machines, () => (machines?.length ? runs(machines) : nothing()));
  announce(machines ?? []);
}

/** Say out loud what each does now, once for each change. */
function announce(machines) {
  const text = machines.map((machine) => `${machine.name}: ${headline(machine)}.`).join(" ");
  if (byId("announce").textContent !== text) byId("announce").textContent = text;
}

/** Where several run, those that only keep a way back take a line, not a track. */
const runs = (machines) => machines.map((machine) => run(machine, machines.length === 1 || !keeps(machine)));

const keeps = ({ phases }) => phases.some((phase) => phase.status === "current" && MAY_ACT[phase.name]);

const run = (machine, whole) => el("article", { class: "run", "aria-label": machine.name }, picture(machine, whole));

function nothing() {
  return [el("h2", {}, "Deployment"), el("p", { class: "empty" }, "No deployment yet. Type /deploy in the channel to start one.")];
}

function picture(machine, whole) {
  const main = machine.phases.filter((phase) => !phase.detour);
  const detours = machine.phases.filter((phase) => phase.detour);
  const current = machine.phases.filter((phase) => phase.status === "current");
  const tone = mood(machine);
  return [
    el("h2", { class: "deployment" }, machine.name,
      el("span", { class: `status ${machine.status}` }, TONE[machine.status] ?? machine.status),
      current.flatMap(states),
      el("span", { class: "muted right" }, `started ${timeOf(machine.started)}`)),
    el("div", { class: "now" },
      el("p", { class: `headline ${tone}` }, tone === "bad" ? "⚠ " : "", headline(machine), "."),
      machine.phases.filter((phase) => phase.deadline).map((phase) => count(machine, phase))),
    whole && el("ol", { class: "track", "aria-label": "Steps", style: { "--steps": main.length } }, main.map(step)),
    detours.length ? el("div", { class: "around" }, el("span", { class: "muted" }, "Off the track"), el("ol", { class: "track", "aria-label": "Steps of another way" }, detours.map(step))) : null,
  ];
}

function count(machine, phase) {
  const [what, then] = timer(machine, phase);
  return countdown({ until: phase.deadline, since: phase.since, what, then });
}

function step(phase) {
  const took = phase.left !== null && phase.entered !== null ? span(phase.left - phase.entered) : "";
  const current = phase.status === "current";
  const waits = phase.person && (current || phase.status === "ahead");
  return el("li", {
    class: `step ${phase.status}${phase.person ? " person" : ""}${TROUBLE.has(phase.name) ? " off-track" : ""}`, "aria-current": current ? "step" : null,
    title: `${phase.name}: ${SAYS[phase.status]}${phase.person ? "; a person decides here" : ""}`,
  },
  el("span", { class: "mark", "aria-hidden": "true" }, waits ? person() : MARK[phase.status]),
  el("span", { class: "name" }, phase.name, el("span", { class: "sr" }, phase.person ? ", a person decides: " : ": ", current ? "" : SAYS[phase.status])),
  el("span", { class: "took" }, current ? ["now ", elapsed(phase.entered)] : phase.status === "failed" ? "failed" : took));
}

const person = () => svg("svg", { viewBox: "0 0 16 16", class: "person-sign" }, svg("path", { d: PERSON }));

function states(phase) {
  const doing = phase.states.map((s) => el("span", { class: "chip" }, s.name, s.attempts > 1 && el("i", {}, ` attempt ${s.attempts}`)));
  return [phase.person && el("span", { class: "waits" }, person(), MAY_ACT[phase.name] ?? "waits for a person"), doing];
}
