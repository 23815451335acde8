// The list of messages: what the person acting sees, threads in place, edits, answers to clicks.

import { post } from "./api.js";
import { content } from "./blocks.js";
import { byId, dateOf, el, timeOf } from "./dom.js";

const known = new Map(); // ts -> message
const openThreads = new Set();
const troubles = new Map(); // ts -> what went wrong with the last click
let people = {};
let me = "";

const list = byId("messages");

export function reset(channel) {
  people = Object.fromEntries([...channel.people, channel.bot].map((p) => [p.id, p]));
  known.clear();
  channel.messages.forEach((message) => known.set(message.ts, message));
  redraw();
}

export function actAs(person) {
  me = person;
  troubles.clear();
  redraw();
}

/** A message that is new or changed. */
export function put(message) {
  const before = known.get(message.ts);
  known.set(message.ts, message);
  if (message.deleted) known.delete(message.ts);
  const follow = atEnd();
  if (message.thread_ts && message.viewer === me) openThreads.add(message.thread_ts);
  redraw({ changed: before && message.edits !== before.edits ? message.ts : null });
  if (follow || (message.author === me && !before)) toEnd();
  else if (!before && visible(message)) byId("newer").hidden = false;
}

export function toEnd() {
  list.scrollTop = list.scrollHeight;
  byId("newer").hidden = true;
}

function atEnd() {
  return list.scrollHeight - list.scrollTop - list.clientHeight < 80;
}

const visible = (message) => message.viewer === null || message.viewer === me;

function redraw({ changed = null } = {}) {
  const shown = [...known.values()].filter(visible);
  const roots = shown.filter((m) => !m.thread_ts || !known.has(m.thread_ts));
  const wanted = [];
  let before = null;
  for (const message of roots) {
    if (!before || dateOf(before.at) !== dateOf(message.at)) wanted.push(day(message.at));
    wanted.push(item(message, shown.filter((m) => m.thread_ts === message.ts), changed, joins(before, message)));
    before = message;
  }
  patch(wanted);
}

/** A line of the same author shortly after carries no second avatar. */
function joins(before, message) {
  return before !== null && before.author === message.author && before.viewer === message.viewer &&
    message.kind !== "command" && before.kind === message.kind && message.at - before.at < 120 &&
    dateOf(before.at) === dateOf(message.at);
}

/** Replace only the items that look different, so that focus, scrolling and animations stay where they are. */
function patch(wanted) {
  wanted.forEach(({ key, look, make }, index) => {
    const there = list.children[index];
    if (there?.dataset.key === key && there.dataset.look === look) return;
    const node = make();
    Object.assign(node.dataset, { key, look });
    if (there?.dataset.key === key) {
      const focused = there.contains(document.activeElement) && document.activeElement.dataset.action;
      there.replaceWith(node);
      if (focused) (node.querySelector(`[data-action="${CSS.escape(focused)}"]`) ?? list).focus();
    } else list.insertBefore(node, there ?? null);
  });
  while (list.children.length > wanted.length) list.lastElementChild.remove();
}

function day(at) {
  const name = dateOf(at);
  return { key: `day ${name}`, look: "", make: () => el("li", { class: "day" }, el("span", {}, name)) };
}

function item(message, replies, changed, joined) {
  const open = openThreads.has(message.ts);
  const look = JSON.stringify([message, replies, open, joined, troubles.get(message.ts), me, replies.map((r) => troubles.get(r.ts))]);
  const make = () => el("li", { class: classes(message, joined) },
    ...entry(message, joined, changed),
    replies.length > 0 && thread(message, replies, open, changed));
  return { key: message.ts, look, make };
}

function classes(message, joined) {
  return ["message", message.kind, message.viewer && "ephemeral", joined && "joined"].filter(Boolean).join(" ");
}

function entry(message, joined, changed) {
  const author = message.kind === "failure" ? { id: "USLACKBOT", name: "Slackbot" } : people[message.author];
  const body = message.kind === "command"
    ? [el("div", { class: "text" }, el("code", { class: "typed" }, message.text))]
    : content(message, (pressed, node) => press(message, pressed, node));
  return [
    joined ? el("span", { class: "gutter" }, timeOf(message.at)) : avatar(author),
    el("div", { class: "body" },
      !joined && el("div", { class: "head" },
        el("strong", {}, author?.name ?? message.author),
        message.author.startsWith("U0POINTSMAN") && el("span", { class: "tag" }, "APP"),
        el("time", { title: "virtual time, UTC" }, timeOf(message.at)),
        message.viewer && el("span", { class: "only" }, "Only visible to you")),
      el("div", { class: `content${changed === message.ts ? " changed" : ""}` }, body,
        message.edits > 0 && el("span", { class: "edited", title: `last at ${timeOf(message.edited_at, { seconds: true })}` }, "(edited)")),
      clicks(message),
      troubles.has(message.ts) && el("div", { class: "trouble", role: "alert" }, `⚠ ${troubles.get(message.ts)}`)),
  ];
}

export function avatar(person) {
  const name = person?.name ?? "?";
  return el("span", { class: `avatar p-${person?.id ?? ""}`, "aria-hidden": "true" }, name.slice(0, 2));
}

function clicks(message) {
  if (!message.clicks.length) return null;
  const texts = message.clicks.slice(-4).map((c) => `${people[c.user]?.name ?? c.user} pressed “${c.label}” ${timeOf(c.at)}`);
  return el("div", { class: "clicks" }, texts.join(" · "));
}

function thread(message, replies, open, changed) {
  const last = timeOf(replies.at(-1).at);
  const toggle = (event) => {
    if (event.target.open) openThreads.add(message.ts);
    else openThreads.delete(message.ts);
  };
  return el("details", { class: "thread", open, on: { toggle } },
    el("summary", {}, `${replies.length} ${replies.length === 1 ? "reply" : "replies"}`, el("span", { class: "muted" }, ` last at ${last}`)),
    replies.map((reply) => el("div", { class: classes(reply, false) }, entry(reply, false, changed))));
}

async function press(message, pressed, node) {
  node.setAttribute("aria-busy", "true");
  troubles.delete(message.ts);
  try {
    await post("/_sandbox/click", { user: me, message_ts: message.ts, channel: message.channel, ...pressed });
  } catch (error) {
    troubles.set(message.ts, error.message);
  } finally {
    node.removeAttribute("aria-busy");
    redraw();
  }
}
