// A thread: one message and its replies, in a panel over the live view.

import { byId, el } from "./dom.js";
import { item } from "./message.js";
import { patch, toEnd } from "./patch.js";
import { repliesTo, showThread, visible, watch, world } from "./world.js";

const panel = byId("thread");
const list = byId("replies");

export function start() {
  byId("thread-close").addEventListener("click", () => showThread(null));
  panel.addEventListener("keydown", (event) => { if (event.key === "Escape") showThread(null); });
  watch(draw);
}

function draw({ thread, closed, message, before }) {
  const root = world.messages.get(world.thread);
  const wasHidden = panel.hidden;
  panel.hidden = !root || !visible(root);
  if (closed) backTo(closed);
  if (panel.hidden) return list.replaceChildren();
  const replies = repliesTo(root.ts);
  const edited = before && message.edits !== before.edits ? message.ts : null;
  byId("thread-where").textContent = `#${world.channels.find((each) => each.id === root.channel)?.name ?? ""}`;
  patch(list, [item(root, { within: root.ts, edited }), line(replies.length),
    ...replies.map((reply) => item(reply, { within: root.ts, edited }))]);
  if (thread) byId("thread-close").focus();
  if (wasHidden || thread || (message && !before)) toEnd(list);
}

function line(count) {
  const text = `${count} ${count === 1 ? "reply" : "replies"}`;
  return { key: "count", look: text, make: () => el("li", { class: "day" }, el("span", {}, text)) };
}

/** The focus returns to where the thread was opened. */
function backTo(ts) {
  const opener = document.querySelector(`#messages > [data-key="${CSS.escape(ts)}"] [data-action="thread"]`);
  (opener ?? byId("messages")).focus();
}
