// The state machine: its phases as a line of steps, the current one lit, with a countdown where it waits for a person.

import { byId, draw, el, span, timeOf } from "./dom.js";

const MARK = { done: "✓", current: "●", failed: "✕", ahead: "", skipped: "–" };
const SAYS = { done: "done", current: "now", failed: "failed", ahead: "to come", skipped: "not needed" };
const TONE = { RUNNING: "running", SUCCEEDED: "succeeded", FAILED: "failed", ABORTED: "aborted", TIMED_OUT: "timed out" };

export function drawMachine(machine) {
  draw(byId("machine"), machine, () => (machine ? picture(machine) : nothing()));
}

function nothing() {
  return [el("h2", {}, "Deployment"), el("p", { class: "empty" }, "No deployment yet. Type /deploy in the channel to start one.")];
}

function picture(machine) {
  const current = machine.phases.filter((phase) => phase.status === "current");
  return [
    el("h2", {}, machine.name, el("span", { class: `status ${machine.status}` }, TONE[machine.status] ?? machine.status),
      el("span", { class: "muted right" }, `started ${timeOf(machine.started)}`)),
    el("ol", { class: "steps" }, machine.phases.map(step)),
    current.map(detail),
  ];
}

function step(phase) {
  const took = phase.left !== null && phase.entered !== null ? span(phase.left - phase.entered) : "";
  return el("li", {
    class: `step ${phase.status}${phase.detour ? " detour" : ""}`,
    "aria-current": phase.status === "current" ? "step" : null,
  },
  el("span", { class: "mark", "aria-hidden": "true" }, MARK[phase.status]),
  el("span", { class: "name" }, phase.name, el("span", { class: "sr" }, `: ${SAYS[phase.status]}`)),
  el("span", { class: "took" }, phase.deadline ? el("b", { data: { deadline: phase.deadline } }) : took));
}

function detail(phase) {
  const states = phase.states.map((s) => el("span", { class: "chip" }, s.name, s.attempts > 1 && el("i", {}, ` attempt ${s.attempts}`)));
  const waits = phase.deadline && el("span", { class: "waits" },
    "waits for an answer · ", el("b", { data: { deadline: phase.deadline } }), ` left, until ${timeOf(phase.deadline)}`);
  return el("p", { class: "detail" }, el("strong", {}, phase.name), states, waits);
}
