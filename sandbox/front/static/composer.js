// Where people type: hints for slash commands, what was typed before.

import { post } from "./api.js";
import { byId, el } from "./dom.js";
import { COMMANDS } from "./commands.js";
import { follow } from "./messages.js";
import { watch, world } from "./world.js";

const input = byId("say");
const hints = byId("hints");
const trouble = byId("trouble");
const history = [];
const drafts = {}; // what was typed and not sent, by place
let place = "";
let chosen = -1;
let recalled = 0;

export function start() {
  input.addEventListener("input", suggest);
  input.addEventListener("keydown", onKey);
  input.addEventListener("blur", () => setTimeout(close, 150));
  input.addEventListener("focus", suggest);
  byId("composer").addEventListener("submit", send);
  watch(keepDraft);
}

/** What is typed stays in its channel. */
function keepDraft() {
  if (world.place === place) return;
  if (place) {
    drafts[place] = input.value;
    input.value = drafts[world.place] ?? "";
    close();
  }
  place = world.place;
}

async function send(event) {
  event.preventDefault();
  const text = input.value.trim();
  if (!text) return;
  history.push(text);
  recalled = history.length;
  input.value = "";
  close();
  trouble.hidden = true;
  byId("composer").setAttribute("aria-busy", "true");
  try {
    await post("/_sandbox/command", { user: world.me, text, channel: world.place });
  } catch (error) {
    trouble.textContent = `“${text}”: ${error.message}`;
    trouble.hidden = error.inChannel === true;
  } finally {
    byId("composer").removeAttribute("aria-busy");
    follow();
  }
}

function suggest() {
  const typed = input.value.toLowerCase();
  const fitting = typed.startsWith("/") ? COMMANDS.filter(([command]) => command.toLowerCase().startsWith(typed) && command !== input.value) : [];
  chosen = -1;
  hints.replaceChildren(...fitting.map(([command, about], index) =>
    el("li", { role: "option", id: `hint${index}`, data: { command }, on: { mousedown: (e) => { e.preventDefault(); take(command); } } },
      el("code", {}, command), el("span", { class: "muted" }, about))));
  hints.hidden = fitting.length === 0;
  input.setAttribute("aria-expanded", String(!hints.hidden));
  input.removeAttribute("aria-activedescendant");
}

function take(command) {
  input.value = command;
  close();
  const blank = /\b[A-Z]{4,}\b/.exec(command); // CODE, REASON: to be typed over
  if (blank) input.setSelectionRange(blank.index, blank.index + blank[0].length);
}

function close() {
  hints.hidden = true;
  chosen = -1;
  input.setAttribute("aria-expanded", "false");
}

function onKey(event) {
  const options = [...hints.children];
  if (event.key === "Escape") close();
  else if (event.key === "Tab" && !hints.hidden && !event.shiftKey) {
    event.preventDefault();
    take(options[Math.max(chosen, 0)].dataset.command);
  } else if (event.key === "Enter" && !hints.hidden && chosen >= 0) {
    event.preventDefault();
    take(options[chosen].dataset.command);
  } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    event.preventDefault();
    const step = event.key === "ArrowDown" ? 1 : -1;
    if (hints.hidden) recall(step);
    else mark(options, (chosen + step + options.length) % options.length);
  }
}

function mark(options, index) {
  chosen = index;
  options.forEach((option, n) => option.setAttribute("aria-selected", String(n === index)));
  input.setAttribute("aria-activedescendant", `hint${index}`);
  options[index].scrollIntoView({ block: "nearest" });
}

function recall(step) {
  recalled = Math.min(Math.max(recalled + step, 0), history.length);
  input.value = history[recalled] ?? "";
}
