// The channel: what the person acting sees of it, in order, following the newest.

import { byId, dateOf } from "./dom.js";
import { item, joins } from "./message.js";
import { atEnd, day, patch, toEnd } from "./patch.js";
import { HOME, standing, visible, watch, world } from "./world.js";

const list = byId("messages");
const newer = byId("newer");
let following = true; // whether the newest message is on the screen, so that it stays there

export function start() {
  newer.addEventListener("click", follow);
  list.addEventListener("scroll", () => {
    following = atEnd(list);
    if (following) newer.hidden = true;
  });
  new ResizeObserver(() => { if (following) toEnd(list); }).observe(list);
  watch(draw);
}

/** Scroll to the newest message. */
export function follow() {
  toEnd(list);
  newer.hidden = true;
}

function draw({ whole, place, person, message, before }) {
  byId("stream").hidden = world.place === HOME;
  if (world.place === HOME) return;
  const wasAtEnd = atEnd(list);
  const edited = before && message.edits !== before.edits ? message.ts : null;
  patch(list, items(edited));
  const mine = message && !before && message.author === world.me;
  if (whole || place || person || wasAtEnd || mine) follow();
  else if (message && !before && message.channel === world.place && !message.thread_ts && visible(message)) newer.hidden = false;
}

function items(edited) {
  const wanted = [];
  let before = null;
  for (const message of standing(world.place)) {
    if (!before || dateOf(before.at) !== dateOf(message.at)) wanted.push(day(message.at));
    wanted.push(item(message, { joined: joins(before, message), edited }));
    before = message;
  }
  return wanted;
}
