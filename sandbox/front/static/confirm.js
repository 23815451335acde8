// Slack's confirmation dialog.

import { byId, el } from "./dom.js";
import { plain, textObject } from "./mrkdwn.js";

/** Ask; resolves to whether the person said yes. */
export function confirmed(confirm) {
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
