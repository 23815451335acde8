// Fleets of hosts, one tile for each host. State and health are words and signs, never color alone.

import { byId, el, keyed } from "./dom.js";

const HEALTH = {
  healthy: ["✓", "healthy"], initial: ["…", "checking"], unhealthy: ["✕", "unhealthy"], draining: ["⇢", "draining"],
  unused: ["–", "no traffic"], unavailable: ["?", "unknown"],
};
const GONE = { pending: ["…", "starting"], "shutting-down": ["○", "ending"], terminated: ["○", "ended"] };
const MOST_DEVICES = 200; // a full bar

export function drawFleets(fleets) {
  const box = byId("fleets");
  const known = fleets ?? [];
  keyed(box, known.length ? known : [{ name: "", empty: true, waiting: fleets === null }], (f) => f.name || "-", column, (node, fleet) => {
    if (fleet.empty) return;
    node.className = `panel fleet state-${fleet.state} side-${fleet.side}`;
    setText(node.querySelector(".side"), fleet.side || "no traffic side");
    setText(node.querySelector(".fleet-name"), fleet.name || "fleet");
    setText(node.querySelector(".badge"), fleet.state || "untagged");
    keyed(node.querySelector(".hosts"), fleet.hosts, (h) => h.id, tile, fill);
  });
}

function column(fleet) {
  if (fleet.empty) {
    return el("p", { class: "empty" }, fleet.waiting ? "The platform is starting…" : "No hosts yet.");
  }
  return el("section", { class: "panel fleet" },
    el("h2", {}, el("i", { class: "swatch", "aria-hidden": "true" }), el("span", { class: "fleet-name" }),
      el("span", { class: "badge" }), el("span", { class: "muted right side" })),
    el("ul", { class: "hosts" }));
}

function tile() {
  return el("li", { class: "host" },
    el("div", { class: "top" }, el("strong", { class: "role" }), el("span", { class: "version" })),
    el("span", { class: "health" }),
    el("div", { class: "devices" }, el("span", { class: "meter", "aria-hidden": "true" }, el("span", { class: "fill" })), el("b", { class: "count" })),
    el("div", { class: "id" }, el("span", { class: "address" }), " ", el("span", { class: "instance" })));
}

function fill(node, host) {
  const gone = host.running !== "running";
  node.className = `host health-${host.health || "none"} ${gone ? `off off-${host.running}` : ""} state-${host.state}`;
  const [sign, word] = gone ? GONE[host.running] ?? ["○", host.running] : HEALTH[host.health] ?? ["●", "running"];
  setText(node.querySelector(".role"), host.role || "host");
  setText(node.querySelector(".version"), host.version ? `v${host.version}` : "");
  setText(node.querySelector(".health"), `${sign} ${word}`);
  setText(node.querySelector(".address"), host.address);
  setText(node.querySelector(".instance"), host.id);
  node.title = `${host.id} · ${host.address} · tagged ${host.state || "nothing"}`;
  const counted = host.devices !== null && host.devices !== undefined && !gone;
  node.querySelector(".devices").hidden = !counted;
  if (!counted) return;
  setText(node.querySelector(".count"), `${host.devices} device${host.devices === 1 ? "" : "s"}`);
  node.querySelector(".fill").style.width = `${Math.min(100, (100 * host.devices) / MOST_DEVICES)}%`;
}

function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}
