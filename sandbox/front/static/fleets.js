// The two fleets of the scene: a box for each, a tile for each host. State and health are words and signs, never color alone.

import { dot, members, say, set, svg } from "./svg.js";

const HEALTH = {
  healthy: "✓ healthy", initial: "… checking", unhealthy: "✕ unhealthy", draining: "⇢ draining",
  unused: "– no traffic", unavailable: "? unknown",
};
const GONE = { pending: "… starting", "shutting-down": "○ ending", terminated: "○ ended", stopping: "○ stopping", stopped: "○ stopped" };
const STATE = { live: "● live", building: "◔ building", standby: "‖ standby", retired: "○ retired" };

/** What is known of a host in one word with a sign. */
export const wordOf = (host) => (host.running === "running" ? HEALTH[host.health] ?? "● running" : GONE[host.running] ?? `○ ${host.running}`);

/** Boxes for all slots, with their hosts; a slot without a fleet says what will be there. `docked`: dots at a host. */
export function drawFleets(container, slots, boxes, docked) {
  const items = slots.map((fleet, n) => ({ key: fleet ? fleet.name || "-" : `none ${n}`, fleet, box: boxes[n] }));
  members(container, items, ({ fleet }) => (fleet ? frame() : nobody()), (node, { fleet, box }) => {
    set(node.querySelector("rect"), { x: box.x, y: box.y, width: box.width, height: box.height });
    if (fleet) {
      label(node, fleet, box);
      members(node.querySelector(".hosts"), box.hosts.map((tile) => ({ key: tile.host.id, ...tile })), made, (child, tile) => fill(child, tile, docked(tile.host.id)));
    }
    else node.querySelectorAll("text").forEach((text, n) => set(text, { x: box.x + box.width / 2, y: box.y + box.height / 2 + 18 * n - 4 }));
  });
}

const frame = () => svg("g", { class: "fleet appears" },
  svg("rect", { class: "box", rx: 12 }), svg("path", { class: "sign" }), svg("text", { class: "which" }), svg("text", { class: "badge", "text-anchor": "end" }),
  svg("g", { class: "hosts" }), svg("title"));

const nobody = () => svg("g", { class: "nobody appears" }, svg("rect", { class: "box", rx: 12 }),
  svg("text", { "text-anchor": "middle" }, "No second fleet."), svg("text", { "text-anchor": "middle" }, "A deployment builds it here."));

function label(node, fleet, box) {
  set(node, { class: `fleet appears state-${fleet.state} side-${fleet.color}` });
  set(node.querySelector(".sign"), { d: dot(box.x + 17, box.y + 17, 5, fleet.color) });
  say(set(node.querySelector(".which"), { x: box.x + 30, y: box.y + 21.5 }), `${box.width < 280 ? fleet.which.replace(" fleet", "") : fleet.which}${fleet.version ? ` · v${fleet.version}` : ""}`);
  say(set(node.querySelector(".badge"), { x: box.x + box.width - 12, y: box.y + 21.5 }), STATE[fleet.state] ?? "untagged");
  say(node.querySelector(":scope > title"), `${fleet.name} · ${fleet.side || "no side of the balancer"}`);
}

const made = () => svg("g", { class: "host appears" }, svg("rect", { class: "tile", rx: 8 }), svg("text", { class: "role" }),
  svg("text", { class: "id", "text-anchor": "end" }), svg("text", { class: "health" }), svg("path", { class: "dock" }),
  svg("text", { class: "count", "text-anchor": "end" }), svg("title"));

function fill(node, { host, color, wide, x, y, width, height, dock }, dots) {
  const up = host.running === "running";
  const low = height < 30;
  const right = x + width - 10;
  set(node, { class: `host appears health-${up ? host.health || "none" : "none"} side-${color} ${up ? "" : "off"}` });
  set(node.querySelector(".tile"), { x, y, width, height });
  const version = host.version ? ` · v${host.version}` : "";
  say(set(node.querySelector(".role"), { x: x + 10, y: y + 15.5 }), `${host.role || "host"} …${host.id.slice(wide || !low ? -5 : -3)}`);
  say(set(node.querySelector(".health"), { x: low ? right : x + 10, y: low ? y + 15.5 : y + 30.5, "text-anchor": low ? "end" : "start" }), wordOf(host) + (low && !wide ? "" : version));
  const counted = up && !low && host.devices !== null && host.devices !== undefined;
  say(set(node.querySelector(".count"), { x: right, y: y + 33 }), counted ? `${host.devices} device${host.devices === 1 ? "" : "s"}` : "");
  set(node.querySelector(".dock"), { d: low ? "" : berths(right - dock.width, y + 4, dock, dots, color) });
  say(node.querySelector("title"), `${host.id} · ${host.address} · tagged ${host.state || "nothing"}${version}`);
}

/** As many dots as there are, from the right, made smaller where they are many. */
function berths(x, y, { width, height }, count, color) {
  const pitch = Math.min(4.5, Math.sqrt((width * height) / Math.max(1, count)) * 0.97);
  const rows = Math.max(1, Math.floor(height / pitch));
  let d = "";
  for (let n = 0; n < count; n++) {
    d += dot(x + width - (Math.floor(n / rows) + 0.5) * pitch, y + ((n % rows) + 0.5) * pitch, pitch * 0.38, color);
  }
  return d;
}
