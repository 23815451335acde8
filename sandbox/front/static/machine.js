// The state machine: a track of steps that light up, what goes on in words, and a countdown where a person is waited for.

import { countdown, elapsed } from "./countdown.js";
import { byId, draw, el, span, timeOf } from "./dom.js";
import { svg } from "./svg.js";
import { headline, mood, timer, TROUBLE } from "./words.js";

const MARK = { done: "✓", current: "", failed: "✕", ahead: "", skipped: "–" };
const SAYS = { done: "done", current: "now", failed: "failed", ahead: "to come", skipped: "not needed" };
const TONE = { RUNNING: "running", SUCCEEDED: "ended", FAILED: "failed", ABORTED: "aborted", TIMED_OUT: "timed out" };
const MAY_ACT = { "Keep old": "a person may go back, or end it" };
const PERSON = "M8 8.2a2.9 2.9 0 1 0 0-5.8 2.9 2.9 0 0 0 0 5.8zM2.6 14c.3-2.9 2.5-4.6 5.4-4.6s5.1 1.7 5.4 4.6z";

export function drawMachine(machine) {
  draw(byId("machine"), machine, () => (machine ? picture(machine) : nothing()));
  announce(machine);
}

/** Say out loud what the deployment does now, once for each change. */
function announce(machine) {
  const text = machine ? `${machine.name}: ${headline(machine)}.` : "";
  if (byId("announce").textContent !== text) byId("announce").textContent = text;
}

function nothing() {
  return [el("h2", {}, "Deployment"), el("p", { class: "empty" }, "No deployment yet. Type /deploy in the channel to start one.")];
}

function picture(machine) {
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
      machine.phases.filter((phase) => phase.deadline).map(count)),
    el("ol", { class: "track", "aria-label": "Steps" }, main.map(step)),
    detours.length ? el("div", { class: "around" }, el("span", { class: "muted" }, "Off the track"), el("ol", { class: "track", "aria-label": "Steps of another way" }, detours.map(step))) : null,
  ];
}

function count(phase) {
  const [what, then] = timer(phase);
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
