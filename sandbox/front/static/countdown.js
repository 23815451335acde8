// What counts: a ring with words for whatever has a deadline, and the time since something began. In virtual time.

import { now } from "./clock.js";
import { el, span, timeOf } from "./dom.js";
import { svg } from "./svg.js";

let rate = 1;

/** Ring and words. `until` and `since` are virtual seconds; the ring empties between them. */
export function countdown({ until, since, what, then }) {
  const ring = svg("circle", { class: "ring-left", cx: 24, cy: 24, r: 20, pathLength: 100, "data-until": until, "data-from": since ?? "" });
  return el("div", { class: "countdown", role: "timer" },
    svg("svg", { class: "ring", viewBox: "0 0 48 48", "aria-hidden": "true" },
      svg("circle", { class: "ring-all", cx: 24, cy: 24, r: 20 }), ring,
      svg("path", { class: "pause-sign", d: "M20 17v14M28 17v14" })),
    el("p", { class: "left" },
      el("b", { data: { deadline: until } }, span(until - now())), ` ${what}`,
      el("span", { class: "muted" }, el("span", { class: "paused" }, "paused: virtual time stands still · "), `at ${timeOf(until)} UTC, ${then}`)));
}

/** The time since a moment. */
export const elapsed = (since) => el("span", { class: "elapsed", data: { since } }, span(now() - since));

/** Keep every ring and every elapsed time up to date. */
export function start() {
  setInterval(tick, 250);
}

/** How fast virtual time goes; at 0 everything that counts says that it is paused. */
export function pace(newRate) {
  rate = newRate;
  document.documentElement.toggleAttribute("data-paused", rate === 0);
  tick();
}

function tick() {
  for (const node of document.querySelectorAll("[data-since]")) {
    const text = span(now() - Number(node.dataset.since));
    if (node.textContent !== text) node.textContent = text;
  }
  for (const ring of document.querySelectorAll("[data-until]")) {
    const until = Number(ring.dataset.until);
    const whole = ring.dataset.from ? until - Number(ring.dataset.from) : 0;
    const share = whole > 0 ? Math.min(1, Math.max(0, (until - now()) / whole)) : 1;
    const dash = `${(100 * share).toFixed(1)} 100`;
    if (ring.getAttribute("stroke-dasharray") !== dash) ring.setAttribute("stroke-dasharray", dash);
  }
}
