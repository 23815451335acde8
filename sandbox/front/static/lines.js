// The left and the middle of the scene: devices as a swarm, the balancer with its weights, lines as wide as their share.

import { curve, seed } from "./layout.js";
import { dot, members, say, set, svg } from "./svg.js";

const WIDEST = 26; // pixels that all traffic takes together

/** One line to each host behind the balancer, and the streams from the devices. */
export function drawLines(container, tiles, { groups, curves, streams }) {
  const total = sum(groups);
  const lines = tiles.filter((tile) => curves.has(tile.host.id)).map((tile) => {
    const group = (groups ?? []).find((each) => each.targets.some((target) => target.id === tile.host.id));
    const share = group && total ? (group.weight ?? 0) / total / Math.max(1, group.targets.length) : 0;
    return { key: tile.host.id, d: curve(curves.get(tile.host.id)), width: share ? 1.5 + WIDEST * share : 1.2, kind: `side-${tile.color} ${share ? "" : "no-share"}` };
  });
  const from = streams.map((each, n) => ({ key: `stream ${n}`, d: curve(each), width: 2.4, kind: "stream" }));
  members(container, [...from, ...lines], () => svg("path"), (node, line) => {
    set(node, { class: `line appears ${line.kind}`, d: line.d });
    node.style.strokeWidth = `${line.width.toFixed(1)}px`;
  });
}

const sum = (groups) => (groups ?? []).reduce((all, group) => all + (group.weight ?? 0), 0);

/** The balancer: its target groups with their share of new connections. */
export function drawBalancer(container, { groups }, { hub, wide }) {
  if (!container.firstChild) {
    container.append(svg("rect", { class: "box", rx: 12 }), svg("text", { class: "title", "text-anchor": "middle" }), svg("g", { class: "shares" }));
  }
  const [box, title, shares] = container.children;
  set(box, { x: hub.x, y: hub.y, width: hub.width, height: hub.height });
  say(set(title, { x: hub.x + hub.width / 2, y: hub.y + 23 }), groups?.length ? (wide ? "Load balancer" : "Balancer") : "No groups yet");
  const total = sum(groups) || 1;
  const items = (groups ?? []).map((group, n) => ({ key: group.name, group, y: hub.y + 38 + 42 * n, share: Math.round((100 * (group.weight ?? 0)) / total) }));
  members(shares, items, share, (node, { group, y, share: percent }) => {
    const [x, width] = [hub.x + 11, hub.width - 22];
    const [sign, name, figure, track, fill] = node.children;
    set(node, { class: `share appears side-${group.side}` });
    set(sign, { d: dot(x + (wide ? 5 : 2), y + 8, 4.2, group.side) });
    say(set(name, { x: x + 14, y: y + 12 }), wide ? group.side : "");
    say(set(figure, { x: x + width + (wide ? 0 : 3), y: y + 12.5 }), group.weight === null ? "off" : `${percent} %`);
    set(track, { x, y: y + 20, width, height: 6, rx: 3 });
    set(fill, { x, y: y + 20, width, height: 6, rx: 3 });
    fill.style.transform = `scaleX(${percent / 100})`;
    fill.style.transformOrigin = `${x}px 0`;
  });
}

const share = () => svg("g", {}, svg("path", { class: "sign" }), svg("text", { class: "name" }), svg("text", { class: "figure", "text-anchor": "end" }),
  svg("rect", { class: "all" }), svg("rect", { class: "fill" }));

/** Every device as a dot, in the shape and color of the fleet it is connected to; hollow while it is not. */
export function drawSwarm(container, swarm, { swarm: place, height, wide, tight }, devices, sideOf) {
  if (!container.firstChild) {
    container.append(...["blue", "green", "loose"].map((name) => svg("path", { class: `device ${name}` })),
      svg("text", { class: "title", "text-anchor": "middle" }), svg("text", { class: "note", "text-anchor": "middle" }), svg("g", { class: "legend" }));
  }
  const shapes = { blue: "", green: "", loose: "" };
  const count = swarm.dots.length;
  const r = Math.min(3.6, (place.radius / Math.sqrt(Math.max(1, count))) * 0.62);
  for (const each of swarm.dots) {
    const side = sideOf(each);
    shapes[side in shapes ? side : "loose"] += dot(...seed(each.n, count, place), r, side);
  }
  const [blue, green, loose, title, note, legend] = container.children;
  explain(legend, wide ? height : null);
  set(blue, { d: shapes.blue });
  set(green, { d: shapes.green });
  set(loose, { d: shapes.loose });
  say(set(title, { x: place.x, y: place.y - place.radius - (tight ? 28 : 14) }), devices ? `${devices.count} devices` : "No devices yet");
  const each = swarm.each > 1 ? `a dot is ${swarm.each} devices` : "";
  const away = devices ? devices.count - devices.connected : 0;
  say(set(note, { x: place.x, y: tight ? place.y - place.radius - 11 : place.y + place.radius + 22 }), away > 0 ? `○ ${away} reconnecting` : each || (devices ? "all connected" : ""));
}

/** What the moving dots are; left out where there is no room. */
function explain(legend, height) {
  legend.toggleAttribute("hidden", height === null);
  if (!legend.firstChild) {
    legend.append(svg("path", { class: "moving pulse" }), svg("text", { class: "note" }, "messages and requests"),
      svg("path", { class: "moving blue" }), svg("path", { class: "moving green" }), svg("text", { class: "note" }, "a device changes hosts"));
  }
  const y = height ?? 0;
  const [pulse, sent, blue, green, device] = legend.children;
  set(pulse, { d: dot(13, y - 29, 2, "") });
  set(sent, { x: 26, y: y - 25 });
  set(blue, { d: dot(8, y - 10, 3.4, "blue") });
  set(green, { d: dot(17, y - 10, 3.4, "green") });
  set(device, { x: 26, y: y - 6 });
}
