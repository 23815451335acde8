// The app's modal: a form or an answer over everything else, for the person acting.

import { post } from "./api.js";
import { blocks } from "./blocks.js";
import { byId, el } from "./dom.js";
import { missing, values } from "./fields.js";
import { plain } from "./mrkdwn.js";
import { watch, world } from "./world.js";

const dialog = byId("modal");
let view = null;
let errors = {};

export function start() {
  dialog.addEventListener("cancel", (event) => { event.preventDefault(); close(); });
  watch(draw);
}

function draw() {
  const wanted = world.modals[world.me] ?? null;
  if (JSON.stringify(wanted) === JSON.stringify(view)) return;
  const same = wanted !== null && wanted.id === view?.id;
  const kept = same ? values(dialog) : {};
  view = wanted;
  errors = {};
  if (!view) return dialog.close();
  fill(kept);
  if (!dialog.open) dialog.showModal();
  focusFirst(same);
}

function fill(kept) {
  const more = { errors, kept };
  const there = focused();
  const submit = view.submit ? plain(view.submit.text) : "";
  const form = el("form", { novalidate: true, autocomplete: "off", on: { submit: send } },
    el("header", {}, el("h2", { id: "modal-title" }, plain(view.title.text)),
      el("button", { type: "button", class: "icon", "aria-label": "Close", data: { action: "close" }, on: { click: close } }, "✕")),
    el("div", { class: "filling content" }, blocks(view.blocks, act, more),
      el("p", { class: "trouble", role: "alert", hidden: true })),
    el("footer", { class: "actions end" },
      el("button", { type: "button", class: "block-button", on: { click: close } }, view.close ? plain(view.close.text) : "Cancel"),
      submit && el("button", { type: "submit", class: "block-button primary" }, submit)));
  dialog.replaceChildren(form);
  if (there) dialog.querySelector(there)?.focus();
}

/** A selector of the control that has the focus, which finds it again in a form that is drawn anew. */
function focused() {
  const { element, block } = document.activeElement.closest("#modal [data-element]")?.dataset ?? {};
  const { action } = document.activeElement.closest("#modal [data-action]")?.dataset ?? {};
  if (element) return `[data-block="${CSS.escape(block)}"][data-element="${CSS.escape(element)}"] :is(input, select, textarea)`;
  return action && `[data-action="${CSS.escape(action)}"]`;
}

/** The first field that is wrong, or the first field, or the title's close button. */
function focusFirst(kept) {
  const wrong = dialog.querySelector("[aria-invalid=true]");
  const first = dialog.querySelector(".field :is(input, select, textarea)");
  if (wrong || !kept) (wrong ?? first ?? dialog.querySelector("footer button"))?.focus();
}

async function send(event) {
  event.preventDefault();
  if (dialog.getAttribute("aria-busy")) return;
  const given = values(dialog);
  const found = missing(view, given);
  if (Object.keys(found).length) return show(found, given);
  await tried(async () => {
    const answer = await post("/_sandbox/submit", { user: world.me, view_id: view.id, values: given });
    show(answer.errors ?? {}, values(dialog));
  });
}

/** Say what is wrong at the fields, and keep what was filled in. */
function show(found, given) {
  if (!view || (!Object.keys(found).length && !Object.keys(errors).length)) return;
  errors = found;
  fill(given);
  focusFirst(true);
}

async function act(done, node) {
  node.setAttribute("aria-busy", "true");
  await tried(() => post("/_sandbox/view_action", { user: world.me, view_id: view.id, values: values(dialog), ...done }));
  node.removeAttribute("aria-busy");
}

async function close() {
  const closed = view;
  delete world.modals[world.me];
  draw();
  await post("/_sandbox/close", { user: world.me, view_id: closed.id }).catch(() => {}); // gone already
}

async function tried(call) {
  dialog.setAttribute("aria-busy", "true");
  try {
    await call();
  } catch (error) {
    const alert = dialog.querySelector(".filling > .trouble");
    Object.assign(alert ?? {}, { textContent: `⚠ ${error.message}`, hidden: false });
  } finally {
    dialog.removeAttribute("aria-busy");
  }
}
