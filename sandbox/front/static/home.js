// The app's Home tab, as it has drawn it for the person acting.

import { post } from "./api.js";
import { blocks } from "./blocks.js";
import { byId, el } from "./dom.js";
import { refresh } from "./patch.js";
import { HOME, watch, world } from "./world.js";

const home = byId("home");
let asked = ""; // for whom the tab was opened last
let trouble = "";

export function start() {
  watch(draw);
}

function draw({ place }) {
  home.hidden = world.place !== HOME;
  if (home.hidden) {
    asked = "";
    return;
  }
  if (asked !== world.me || place === HOME) open();
  const view = world.homes[world.me];
  refresh(home, [world.me, view, trouble], () => [alert(), view ? drawn(view) : waiting()]);
}

function drawn(view) {
  return el("div", { class: "content" }, blocks(view.blocks, (done, node) => press(view, done, node)));
}

/** Tell the app that its Home tab was opened, as Slack does; what it draws comes as an event. */
async function open() {
  asked = world.me;
  await tried(() => post("/_sandbox/open_home", { user: world.me }));
}

async function press(view, done, node) {
  node.setAttribute("aria-busy", "true");
  await tried(() => post("/_sandbox/view_action", { user: world.me, view_id: view.id, ...done }));
  node.removeAttribute("aria-busy");
}

async function tried(call) {
  trouble = "";
  try {
    await call();
  } catch (error) {
    trouble = error.message;
  }
  draw({});
}

function alert() {
  return trouble && el("p", { class: "trouble", role: "alert" }, `⚠ ${trouble}`);
}

function waiting() {
  const name = world.bot.name;
  return el("p", { class: "empty" }, trouble ? `${name} has drawn nothing here yet.` : `${name} is drawing its Home tab for you …`);
}
