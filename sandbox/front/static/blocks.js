// Block Kit as DOM. `press(button, node)` is called for a button after its confirmation, if it has one.

import { el, byId } from "./dom.js";
import { nodes, plain, textObject } from "./mrkdwn.js";

/** What a message shows: its blocks, or its text where it has none. */
export function content(message, press) {
  if (!message.blocks.length) return [el("div", { class: "text" }, nodes(message.text))];
  return message.blocks.map((block) => KINDS[block.type]?.(block, press) ?? el("div", { class: "text" }, block.type));
}

const KINDS = {
  header: (block) => el("h3", {}, plain(block.text.text)),
  divider: () => el("hr"),
  image: (block) => el("img", { src: block.image_url, alt: block.alt_text, class: "picture" }),
  context: (block) =>
    el("div", { class: "context" }, block.elements.map((e) =>
      e.type === "image" ? el("img", { src: e.image_url, alt: e.alt_text }) : el("span", {}, textObject(e)))),
  actions: (block, press) => el("div", { class: "actions" }, block.elements.map((e) => button(e, block, press))),
  section: (block, press) =>
    el("div", { class: "section" },
      el("div", { class: "grow" },
        block.text && el("div", { class: "text" }, textObject(block.text)),
        block.fields && el("div", { class: "fields" }, block.fields.map((f) => el("div", {}, textObject(f))))),
      block.accessory && (block.accessory.type === "image"
        ? el("img", { src: block.accessory.image_url, alt: block.accessory.alt_text, class: "thumb" })
        : button(block.accessory, block, press))),
};

function button(element, block, press) {
  const node = el("button", {
    type: "button",
    class: `block-button ${element.style ?? ""}`,
    data: { action: element.action_id },
    "aria-label": element.accessibility_label,
    on: {
      click: async () => {
        if (node.getAttribute("aria-busy") === "true") return;
        if (element.confirm && !(await confirmed(element.confirm))) return;
        press({ action_id: element.action_id, value: element.value, block_id: block.block_id }, node);
      },
    },
  }, plain(element.text.text));
  return node;
}

/** Slack's confirmation dialog; resolves to what the person chose. */
function confirmed(confirm) {
  const dialog = byId("ask");
  return new Promise((resolve) => {
    const close = (answer) => { dialog.close(); resolve(answer); };
    dialog.replaceChildren(
      el("h2", { id: "ask-title" }, plain(confirm.title.text)),
      el("p", {}, textObject(confirm.text)),
      el("div", { class: "actions end" },
        el("button", { type: "button", class: "block-button", on: { click: () => close(false) } }, plain(confirm.deny.text)),
        el("button", {
          type: "button", class: `block-button ${confirm.style ?? "primary"}`, autofocus: true,
          on: { click: () => close(true) },
        }, plain(confirm.confirm.text))));
    dialog.oncancel = () => resolve(false);
    dialog.showModal();
  });
}
