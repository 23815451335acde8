// One message: who, when, what it says, who pressed what, and what went wrong with a click.

import { post } from "./api.js";
import { content } from "./blocks.js";
import { dateOf, el, timeOf } from "./dom.js";
import { nodes } from "./mrkdwn.js";
import { changed, repliesTo, showThread, world } from "./world.js";

const troubles = new Map(); // "ts person" -> what went wrong with their last click
const SLACKBOT = { id: "USLACKBOT", name: "Slackbot" };

/** An item for `patch`; `within` is the ts of the thread it stands in, null in the channel. */
export function item(message, { within = null, joined = false, edited = null } = {}) {
  const replies = within ? [] : repliesTo(message.ts);
  const open = world.thread === (message.thread_ts ?? message.ts);
  const look = JSON.stringify([message, replies, open, joined, trouble(message), world.me]);
  const make = () => el("li", { class: classes(message, joined) },
    joined ? el("span", { class: "gutter" }, timeOf(message.at)) : avatar(author(message)),
    el("div", { class: "body" },
      !joined && head(message),
      el("div", { class: `content${edited === message.ts ? " changed" : ""}` }, said(message),
        message.edits > 0 && el("span", { class: "edited", title: `last at ${timeOf(message.edited_at, { seconds: true })}` }, "(edited)")),
      clicks(message),
      trouble(message) && el("div", { class: "trouble", role: "alert" }, `⚠ ${trouble(message)}`),
      message.broadcast && also(message, within),
      replies.length > 0 && repliesButton(message.ts, replies, open)));
  return { key: message.ts, look, make };
}

/** A line of the same author shortly after carries no second avatar. */
export function joins(before, message) {
  return before !== null && before.author === message.author && before.viewer === message.viewer &&
    message.kind === "message" && before.kind === "message" && !message.broadcast && !before.broadcast &&
    message.at - before.at < 120 && dateOf(before.at) === dateOf(message.at);
}

export function avatar(person) {
  const name = person?.name ?? "?";
  return el("span", { class: `avatar p-${person?.id ?? ""}`, "aria-hidden": "true" }, name.slice(0, 2));
}

const author = (message) => (message.kind === "failure" ? SLACKBOT : world.people[message.author]);
const trouble = (message) => troubles.get(`${message.ts} ${world.me}`);

function classes(message, joined) {
  return ["message", message.kind, message.viewer && "ephemeral", joined && "joined"].filter(Boolean).join(" ");
}

function head(message) {
  return el("div", { class: "head" },
    el("strong", {}, author(message)?.name ?? message.author),
    message.author === world.bot?.id && el("span", { class: "tag" }, "APP"),
    el("time", { title: "virtual time, UTC" }, timeOf(message.at)),
    message.viewer && el("span", { class: "only" }, "Only visible to you"));
}

function said(message) {
  if (message.kind === "command") return el("div", { class: "text" }, el("code", { class: "typed" }, message.text));
  if (message.kind === "form") return el("div", { class: "text" }, el("em", {}, "Sent a form. "), nodes(message.text));
  return content(message, (pressed, node) => press(message, pressed, node));
}

function clicks(message) {
  if (!message.clicks.length) return null;
  const name = (id) => world.people[id]?.name ?? id;
  const texts = message.clicks.slice(-4).map((c) => `${name(c.user)} pressed “${c.label}” ${timeOf(c.at)}`);
  return el("div", { class: "clicks" }, texts.join(" · "));
}

function also(message, within) {
  if (within) return el("div", { class: "also" }, "also sent to the channel");
  const open = () => showThread(message.thread_ts);
  return el("div", { class: "also" }, "Reply in a thread, also sent to the channel · ",
    el("button", { type: "button", class: "link-button", data: { action: "thread" }, on: { click: open } }, "Show the thread"));
}

function repliesButton(ts, replies, open) {
  const authors = [...new Set(replies.map((each) => each.author))].slice(0, 3);
  const count = `${replies.length} ${replies.length === 1 ? "reply" : "replies"}`;
  return el("button", {
    type: "button", class: "replies", data: { action: "thread" },
    "aria-expanded": String(open), "aria-controls": "thread", on: { click: () => showThread(open ? null : ts) },
  }, authors.map((id) => avatar(world.people[id])), el("span", {}, `${count}, last ${timeOf(replies.at(-1).at)}`),
  el("span", { class: "chevron", "aria-hidden": "true" }, "›"));
}

async function press(message, pressed, node) {
  const key = `${message.ts} ${world.me}`;
  node.setAttribute("aria-busy", "true");
  troubles.delete(key);
  try {
    await post("/_sandbox/click", { user: world.me, message_ts: message.ts, channel: message.channel, ...pressed });
  } catch (error) {
    troubles.set(key, error.message);
  } finally {
    node.removeAttribute("aria-busy");
    changed();
  }
}
