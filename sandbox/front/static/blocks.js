// Block Kit as DOM. `press(done, node)` is called for a button, after its confirmation if it has one, or for a choice.

import { confirmed } from "./confirm.js";
import { el } from "./dom.js";
import { choice, field } from "./fields.js";
import { nodes, plain, textObject } from "./mrkdwn.js";

/** What a message shows: its blocks, or its text where it has none. */
export function content(message, press) {
  if (!message.blocks.length) return [el("div", { class: "text" }, nodes(message.text))];
  return blocks(message.blocks, press);
}

/** The blocks of a message or a view; `more` is what `field` takes. */
export function blocks(list, press, more = {}) {
  return list.map((block) => KINDS[block.type]?.(block, press, more) ?? el("div", { class: "text" }, block.type));
}

const KINDS = {
  header: (block) => el("h3", {}, plain(block.text.text)),
  divider: () => el("hr"),
  image: (block) => el("figure", {},
    block.title && el("figcaption", { class: "muted" }, plain(block.title.text)),
    el("img", { src: source(block), alt: block.alt_text, class: "picture" })),
  context: (block) =>
    el("div", { class: "context" }, block.elements.map((e) =>
      e.type === "image" ? el("img", { src: source(e), alt: e.alt_text }) : el("span", {}, textObject(e)))),
  actions: (block, press, more) => el("div", { class: "actions" }, block.elements.map((e) => element(e, block, press, more))),
  input: (block, _press, more) => field(block, more),
  section: (block, press, more) =>
    el("div", { class: "section" },
      el("div", { class: "grow" },
        block.text && el("div", { class: "text" }, textObject(block.text)),
        block.fields && el("div", { class: "fields" }, block.fields.map((f) => el("div", {}, textObject(f))))),
      block.accessory && element(block.accessory, block, press, more)),
};

/** Where a picture comes from: any address, or a file that the app has uploaded. */
function source(block) {
  return block.image_url ?? block.slack_file?.url ?? `/_sandbox/files/${encodeURIComponent(block.slack_file?.id ?? "")}`;
}

function element(shown, block, press, more) {
  if (shown.type === "image") return el("img", { src: source(shown), alt: shown.alt_text, class: "thumb" });
  if (shown.type === "static_select") return choice(shown, block, press, more);
  return button(shown, block, press);
}

function button(shown, block, press) {
  const click = async () => {
    if (node.getAttribute("aria-busy") === "true") return;
    if (shown.confirm && !(await confirmed(shown.confirm))) return;
    press({ action_id: shown.action_id, value: shown.value, block_id: block.block_id }, node);
  };
  const node = el("button", {
    type: "button",
    class: `block-button ${shown.style ?? ""}`,
    data: { action: `${shown.action_id} ${shown.value ?? ""}` },
    "aria-label": shown.accessibility_label,
    on: { click },
  }, plain(shown.text.text));
  return node;
}
