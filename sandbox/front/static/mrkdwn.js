// Slack's mrkdwn as DOM nodes: *bold*, _italic_, ~strike~, `code`, links, mentions, dates, emoji codes.

import { el, timeOf, dateOf } from "./dom.js";

let emoji = {};
let names = {};
let places = {};

export async function loadEmoji() {
  emoji = await (await fetch("/static/emoji.json")).json();
}

/** Names of people and channels by id, for mentions. */
export function knowNames(people, channels) {
  names = Object.fromEntries(people.map((person) => [person.id, person.name]));
  places = Object.fromEntries(channels.map((channel) => [channel.id, channel.name]));
}

const RULES = [
  [/```([\s\S]+?)```/, (m) => el("pre", {}, unescaped(m[1].replace(/^\n|\n$/g, "")))],
  [/`([^`\n]+)`/, (m) => el("code", {}, unescaped(m[1]))],
  [/<([^<>\n]+)>/, (m) => link(m[1])],
  [/(?<![\w*])\*(?=\S)([^*\n]+?)(?<=\S)\*(?![\w*])/, (m) => el("strong", {}, nodes(m[1]))],
  [/(?<![\w_])_(?=\S)([^_\n]+?)(?<=\S)_(?![\w_])/, (m) => el("em", {}, nodes(m[1]))],
  [/(?<![\w~])~(?=\S)([^~\n]+?)(?<=\S)~(?![\w~])/, (m) => el("s", {}, nodes(m[1]))],
  [/\n/, () => el("br")],
];

/** Nodes for a mrkdwn text. */
export function nodes(text) {
  let first = null;
  for (const [pattern, make] of RULES) {
    const found = pattern.exec(text);
    if (found && (first === null || found.index < first.found.index)) first = { found, make };
  }
  if (first === null) return text ? [plain(text)] : [];
  const { found, make } = first;
  const before = text.slice(0, found.index);
  return [...(before ? [plain(before)] : []), make(found), ...nodes(text.slice(found.index + found[0].length))];
}

/** Plain text: entities and emoji codes only. */
export function plain(text) {
  return unescaped(text.replace(/:([a-z0-9_+-]+):/g, (code, name) => emoji[name] ?? code));
}

/** A text object of Block Kit. */
export function textObject(object) {
  return object.type === "mrkdwn" ? nodes(object.text) : [plain(object.text)];
}

function unescaped(text) {
  return text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");
}

function link(inside) {
  const [target, label] = [inside.split("|")[0], inside.split("|").slice(1).join("|")];
  if (target.startsWith("@")) return mention("@" + (names[target.slice(1)] ?? target.slice(1)));
  if (target.startsWith("#")) return mention("#" + (places[target.slice(1)] ?? (label || target.slice(1))));
  if (target.startsWith("!date^")) return date(target, label);
  if (target.startsWith("!")) return mention("@" + target.slice(1).split("^")[0]);
  if (!/^(https?|mailto):/.test(target)) return document.createTextNode(`<${inside}>`);
  return el("a", { href: unescaped(target), target: "_blank", rel: "noreferrer" }, plain(label || target));
}

function mention(text) {
  return el("span", { class: "mention" }, text);
}

function date(target, fallback) {
  const [, seconds, form] = target.split("^");
  const at = Number(seconds);
  if (!Number.isFinite(at) || !form) return document.createTextNode(fallback);
  const shown = form
    .replace(/\{time_secs\}/g, timeOf(at, { seconds: true }))
    .replace(/\{(time|ago)\}/g, timeOf(at))
    .replace(/\{date\w*\}/g, dateOf(at));
  return el("time", { datetime: new Date(at * 1000).toISOString(), title: "virtual time, UTC" }, shown);
}
