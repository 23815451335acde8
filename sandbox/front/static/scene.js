// The live scene: devices, balancer, fleets, and what goes on between them.

import { Canvas } from "./canvas.js";
import { byId, el } from "./dom.js";
import { drawFleets } from "./fleets.js";
import { drawBalancer, drawLines, drawSwarm } from "./lines.js";
import { layout, seed, toHost, toHub } from "./layout.js";
import { Motion, STREAMS } from "./motion.js";
import { Slots } from "./slots.js";
import { summary } from "./summary.js";
import { set, svg } from "./svg.js";
import { Swarm } from "./swarm.js";

const SAY_EVERY = 4000; // milliseconds between two summaries for those who listen

let parts = null;
let shown = null;
let width = 0;
let said = 0;
let drawn = "";
let places = { swarm: { x: 0, y: 0, radius: 1 }, hub: { x: 0, y: 0, width: 0, height: 0 }, boxes: [] };
const slots = new Slots();
const swarm = new Swarm();
const curves = new Map();
const sides = new Map();

/** Show a picture of the sandbox. */
export function drawScene(picture) {
  parts ??= build();
  shown = picture;
  const fleets = picture.fleets ?? [];
  parts.empty.hidden = fleets.length > 0;
  parts.stage.hidden = fleets.length === 0;
  parts.empty.textContent = picture.fleets ? "No hosts yet." : "The platform is starting…";
  if (!fleets.length) return;
  width ||= parts.box.clientWidth;
  slots.follow(fleets, (picture.machines ?? []).filter((each) => each.kind === "deploy"));
  place();
  const hosts = slots.list.flatMap((fleet) => fleet?.hosts ?? []);
  hosts.forEach((host) => sides.set(host.id, host.color));
  const counts = new Map(hosts.filter((host) => host.devices && host.running === "running").map((host) => [host.id, host.devices]));
  parts.motion.move(swarm.follow(counts, picture.devices?.count ?? 0));
  parts.motion.flow(flows(hosts, picture));
  const { count, connected } = picture.devices ?? {};
  const now = JSON.stringify([slots.list, picture.groups, count, connected, width]);
  if (now !== drawn) redraw();
  drawn = now;
  listen(picture);
}

function build() {
  const box = byId("scene");
  const still = svg("svg", { class: "still", role: "img", "aria-label": "Devices, load balancer and fleets" },
    ...["lines", "fleets", "hub", "swarm"].map((name) => svg("g", { class: name })));
  const canvas = new Canvas();
  const stage = el("div", { class: "stage", hidden: true }, still, canvas.node);
  const empty = el("p", { class: "empty" });
  box.replaceChildren(empty, stage);
  const layer = (name) => still.querySelector(`:scope > .${name}`);
  const scene = { curve: (id) => curves.get(id), side: (id) => sides.get(id) ?? "", stream, waiting };
  new ResizeObserver(([entry]) => {
    const now = Math.round(entry.contentRect.width);
    if (now && now !== width) {
      width = now;
      if (shown?.fleets?.length) drawScene(shown);
    }
  }).observe(box);
  return { box, still, canvas, stage, empty, layer, motion: new Motion(canvas, scene, redraw) };
}

function place() {
  places = layout(width, slots.list, shown.groups?.length ?? 0);
  set(parts.still, { viewBox: `0 0 ${width} ${places.height}`, width, height: places.height });
  parts.canvas.size(places.left + 9, places.height); // hosts are to its right: there nothing moves
  curves.clear();
  places.boxes.flatMap((box) => box.hosts).forEach((tile) => {
    tile.color = tile.host.color;
    if (tile.host.side) curves.set(tile.host.id, toHost(places.hub, tile));
  });
}

function redraw() {
  const tiles = places.boxes.flatMap((box) => box.hosts);
  drawFleets(parts.layer("fleets"), slots.list, places.boxes, (id) => swarm.at(id));
  drawLines(parts.layer("lines"), tiles, { ...shown, curves, places, streams: Array.from({ length: STREAMS }, (_, n) => stream(n)) });
  drawBalancer(parts.layer("hub"), shown, places);
  drawSwarm(parts.layer("swarm"), swarm, places, shown.devices, (dot) => (dot.host ? sides.get(dot.moving ? dot.left ?? "" : dot.host) : null));
}

const stream = (n) => toHub(places.swarm, places.hub, n, STREAMS);

/** Where a device waits that has left a host and not yet found another. */
function waiting(n) {
  const { hub } = places;
  return seed(n % 40, 40, { x: hub.x + hub.width / 2, y: hub.y + hub.height + 20, radius: 16 });
}

/** Messages go where the devices are, requests as the weights say. */
function flows(hosts, { devices, groups }) {
  const connected = devices?.connected || 1;
  const total = (groups ?? []).reduce((sum, group) => sum + (group.weight ?? 0), 0) || 1;
  return hosts.filter((host) => host.side && host.running === "running").map((host) => {
    const group = (groups ?? []).find((each) => each.targets.some((target) => target.id === host.id));
    const share = group?.healthy ? (group.weight ?? 0) / total / group.healthy : 0;
    const sent = ((devices?.messages_per_second ?? 0) * (host.devices ?? 0)) / connected;
    return { host: host.id, rate: sent + (devices?.requests_per_second ?? 0) * share };
  });
}

/** The same in words, seldom enough to be listened to. */
function listen(picture) {
  if (performance.now() - said < SAY_EVERY && said) return;
  said = performance.now();
  set(parts.still, { "aria-label": summary(picture, slots.list) });
}
