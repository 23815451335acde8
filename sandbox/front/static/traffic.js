// Devices, the balancer and its weights, and what got lost on the way.

import { byId, draw, el } from "./dom.js";

export function drawTraffic({ groups, devices }) {
  const data = { groups: groups?.map(({ name, side, weight, healthy, targets }) => ({ name, side, weight, healthy, count: targets.length })), devices };
  draw(byId("traffic"), data, picture);
}

function picture({ groups, devices }) {
  return [
    el("div", { class: "source" },
      el("h2", {}, "Devices"),
      devices ? el("div", { class: "figures" },
        figure(devices.connected, `of ${devices.count} online`),
        figure(devices.messages_per_second, "messages/s"),
        figure(devices.most_reconnects, "most reconnects"),
        figure(devices.lost, "lost", devices.lost > 0 ? "bad" : "good"),
        figure(devices.http_failures, "failed HTTP", devices.http_failures > 0 ? "bad" : "good"))
        : el("p", { class: "empty" }, "The devices are not connected yet.")),
    el("div", { class: "balancer" },
      el("h2", {}, "Load balancer"),
      groups?.length ? shares(groups) : el("p", { class: "empty" }, "No target groups yet.")),
  ];
}

function figure(value, label, tone = "") {
  const shown = value === null || value === undefined ? "–" : Math.round(value).toLocaleString("en-US");
  return el("div", { class: `figure ${tone}` }, el("b", {}, shown), el("span", {}, label));
}

function shares(groups) {
  const total = groups.reduce((sum, group) => sum + (group.weight ?? 0), 0);
  return el("ul", { class: "shares" }, groups.map((group) => {
    const share = total ? Math.round((100 * (group.weight ?? 0)) / total) : 0;
    return el("li", { class: `share side-${group.side}` },
      el("span", { class: "name" }, el("i", { class: "swatch", "aria-hidden": "true" }), group.name),
      el("span", { class: "track", role: "img", "aria-label": `${share} % of new connections` },
        el("span", { class: "fill", style: { width: `${share}%` } })),
      el("b", {}, group.weight === null ? "off" : `${share} %`),
      el("span", { class: "muted" }, `${group.healthy}/${group.count} healthy`));
  }));
}
