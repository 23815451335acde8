// The counters that matter: what was sent, what was lost, how often a device had to reconnect.

import { byId, draw, el } from "./dom.js";

export function drawCounters(devices) {
  draw(byId("traffic"), devices, () => (devices ? picture(devices) : [el("p", { class: "empty" }, "The devices are not connected yet.")]));
}

function picture(devices) {
  return [
    counter("Devices online", number(devices.connected), `of ${number(devices.count)}`),
    counter("Messages sent", number(devices.messages), pace(devices.messages_per_second)),
    counter("Messages lost", number(devices.lost), ...verdict(devices.lost, "none lost", "lost")),
    counter("Requests sent", number(devices.requests), pace(devices.requests_per_second)),
    counter("Requests failed", number(devices.http_failures), ...verdict(devices.http_failures, "none failed", "failed")),
    counter("Reconnects", number(devices.most_reconnects), "a device, at most"),
  ];
}

const number = (value) => (value === null || value === undefined ? "–" : Math.round(value).toLocaleString("en-US"));
const pace = (rate) => (rate === null || rate === undefined ? "" : `${number(rate)} a second`);
const verdict = (bad, fine, word) => (bad > 0 ? [`✕ ${word}`, "bad"] : [`✓ ${fine}`, "good"]);

function counter(label, value, note, tone = "") {
  return el("div", { class: `counter ${tone}` }, el("span", { class: "label" }, label), el("b", {}, value), el("span", { class: "note" }, note));
}
