// Where people type: who to act as, hints for slash commands, history.

import { post } from "./api.js";
import { byId, el } from "./dom.js";
import { actAs, avatar, toEnd } from "./messages.js";

const COMMANDS = [
  ["/deploy cameras@142 to production", "mirror the live fleet and put this version on it"],
  ["/deploy plan cameras@142 to production", "show everything that would happen; changes nothing"],
  ["/deploy finish cameras production", "move the traffic to the new fleet"],
  ["/deploy cancel cameras production", "take the new fleet away again"],
  ["/deploy rollback cameras production", "move the traffic back to the old fleet"],
  ["/deploy keep cameras production +2h", "keep the old fleet for longer"],
  ["/deploy keep cameras production end", "end the old fleet now"],
  ["/deploy status", "what is live and what is going on"],
  ["/deploy audit cameras production", "whether the history is whole"],
  ["/deploy confirm CODE", "say yes to what somebody else asked"],
  ["/deploy reject CODE", "say no to it"],
  ["/deploy help", "all commands"],
];

const input = byId("say");
const hints = byId("hints");
const trouble = byId("trouble");
const history = [];
let chosen = -1;
let recalled = 0;
let me = "";

export function start() {
  input.addEventListener("input", suggest);
  input.addEventListener("keydown", onKey);
  input.addEventListener("blur", () => setTimeout(close, 150));
  input.addEventListener("focus", suggest);
  byId("composer").addEventListener("submit", send);
}

/** One radio button for each person. */
export function setPeople(people) {
  const box = byId("people");
  if (box.querySelector("input")) return;
  me = people.some((p) => p.id === localStorage.getItem("person")) ? localStorage.getItem("person") : people[0].id;
  for (const person of people) {
    const radio = el("input", { type: "radio", name: "person", value: person.id, on: { change: () => choose(person.id) } });
    radio.checked = person.id === me;
    box.append(el("label", { title: person.about, class: "person" }, radio, avatar(person), el("span", {}, person.name)));
  }
  actAs(me);
}

function choose(id) {
  me = id;
  localStorage.setItem("person", id);
  actAs(id);
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
    await post("/_sandbox/command", { user: me, text });
  } catch (error) {
    trouble.textContent = `“${text}”: ${error.message}`;
    trouble.hidden = error.inChannel === true;
  } finally {
    byId("composer").removeAttribute("aria-busy");
    toEnd();
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
  const placeholder = command.indexOf("CODE");
  if (placeholder >= 0) input.setSelectionRange(placeholder, command.length);
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
