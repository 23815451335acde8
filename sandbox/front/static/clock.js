// The virtual clock: runs between two pictures by itself, and moves when a button says so.

import { post } from "./api.js";
import { byId, dateOf, span, timeOf } from "./dom.js";

let anchor = { real: 0, virtual: 0, rate: 0 };
let deadline = null;

/** Virtual seconds since the epoch, now. */
export const now = () => anchor.virtual + ((performance.now() - anchor.real) / 1000) * anchor.rate;

export function start() {
  byId("skip").addEventListener("click", () => move({ skip: true }));
  byId("hour").addEventListener("click", () => move({ advance: 3600 }));
  byId("rate").addEventListener("change", (event) => move({ rate: Number(event.target.value) }));
  setInterval(tick, 250);
}

/** Take over what the server says. */
export function show(clock) {
  anchor = { real: performance.now(), virtual: clock.now, rate: clock.rate };
  deadline = clock.next_deadline;
  const select = byId("rate");
  if (document.activeElement !== select) {
    const value = String(clock.rate);
    if (![...select.options].some((option) => option.value === value)) select.add(new Option(`${clock.rate}×`, value));
    select.value = value;
  }
  byId("skip").disabled = deadline === null;
  byId("skip").title = deadline ? `${deadline.what} ends by itself at ${timeOf(deadline.at, { seconds: true })}` : "Nothing waits for a deadline";
  tick();
}

async function move(wanted) {
  try {
    anchor = { ...anchor, ...(await moved(wanted)) };
    byId("clock").removeAttribute("data-trouble");
  } catch (error) {
    byId("clock").dataset.trouble = error.message;
  }
}

async function moved(wanted) {
  const answer = await post("/_sandbox/clock", wanted);
  return { real: performance.now(), virtual: answer.now, rate: answer.rate };
}

/** Everything that counts down carries data-deadline, in virtual seconds. */
function tick() {
  if (!anchor.virtual) return;
  byId("now").textContent = timeOf(now(), { seconds: true });
  byId("date").textContent = `${dateOf(now(), { short: true })} · virtual UTC`;
  for (const node of document.querySelectorAll("[data-deadline]")) {
    const left = span(Number(node.dataset.deadline) - now());
    if (node.textContent !== left) node.textContent = left;
  }
}
