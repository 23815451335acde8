// Where everything of the scene stands, from its width and what there is. Pure.

const TALL = 38; // a host behind the balancer
const LOW = 22; // a host without traffic of its own
const GAP = 4;
const HEAD = 31;
const BETWEEN = 12;
const GOLDEN = Math.PI * (3 - Math.sqrt(5));

/** Places for swarm, balancer, slots and hosts. A slot is null where no fleet is. */
export function layout(width, slots, groups) {
  const wide = width >= 540;
  const tight = width < 440; // the balancer then stands below the devices
  const fleetWidth = Math.round(wide ? Math.min(460, width * 0.46) : tight ? width - 148 : width * 0.5);
  const left = width - fleetWidth;
  const inner = Math.max(90, ...slots.map(heightOf));
  let top = 1;
  const boxes = slots.map((fleet) => {
    const box = { x: left, y: top, width: fleetWidth - 1, height: inner };
    top += inner + BETWEEN;
    return { ...box, hosts: fleet ? hosts(fleet, box, wide) : [] };
  });
  const height = top - BETWEEN + 1;
  const radius = Math.round(Math.min(tight ? 54 : 94, left * (tight ? 0.36 : 0.235), height * 0.28));
  const hub = { width: wide ? 124 : 78, height: 40 + 42 * Math.max(1, groups) };
  const swarm = { x: radius + 3, y: tight ? height * 0.32 : height / 2, radius };
  const free = left - (2 * radius + 6) - hub.width;
  if (tight) Object.assign(hub, { x: swarm.x - hub.width / 2, y: swarm.y + radius + 64 });
  else Object.assign(hub, { x: 2 * radius + 6 + free * 0.42, y: (height - hub.height) / 2 });
  return { wide, tight, left, width, height, boxes, swarm, hub };
}

function heightOf(fleet) {
  return fleet ? HEAD + fleet.hosts.reduce((sum, host) => sum + (host.side ? TALL : LOW) + GAP, 0) + GAP : 0;
}

function hosts(fleet, box, wide) {
  let y = box.y + HEAD;
  return fleet.hosts.map((host) => {
    const height = host.side ? TALL : LOW;
    const tile = { host, wide, x: box.x + 8, y, width: box.width - 16, height };
    tile.dock = { width: Math.round(tile.width * (wide ? 0.42 : 0.3)), height: 18 };
    y += height + GAP;
    return tile;
  });
}

/** Where the n-th of many dots stands in a disc, as seeds in a sunflower. */
export function seed(n, count, { x, y, radius }) {
  const r = radius * Math.sqrt((n + 0.5) / Math.max(1, count));
  return [x + r * Math.cos(n * GOLDEN), y + r * Math.sin(n * GOLDEN)];
}

/** Four points of the curve from the balancer to a host. */
export function toHost(hub, tile) {
  const [x1, y1, x2, y2] = [hub.x + hub.width, hub.y + hub.height / 2, tile.x, tile.y + tile.height / 2];
  const bend = (x2 - x1) * 0.55;
  return [x1, y1 + (y2 - y1) * 0.06, x1 + bend, y1, x2 - bend, y2, x2, y2];
}

/** Four points of the n-th of the curves from the swarm to the balancer. */
export function toHub(swarm, hub, n, count) {
  const middle = n - (count - 1) / 2;
  const below = hub.x < swarm.x;
  const angle = ((n + 0.5) / count - 0.5) * (below ? -1.4 : 1.9) + (below ? Math.PI / 2 : 0);
  const [x1, y1] = [swarm.x + (swarm.radius + 3) * Math.cos(angle), swarm.y + (swarm.radius + 3) * Math.sin(angle)];
  if (below) {
    const [x2, sink] = [hub.x + hub.width / 2 + middle * 3, (hub.y - y1) * 0.5];
    return [x1, y1, x1, y1 + sink, x2, hub.y - sink, x2, hub.y];
  }
  const bend = (hub.x - x1) * 0.5;
  const y2 = hub.y + hub.height / 2 + middle * 3;
  return [x1, y1, x1 + bend, y1, hub.x - bend, y2, hub.x, y2];
}

/** A point of a curve; t from 0 to 1. */
export function along(c, t) {
  const [a, b] = [1 - t, t];
  const [k0, k1, k2, k3] = [a * a * a, 3 * a * a * b, 3 * a * b * b, b * b * b];
  return [k0 * c[0] + k1 * c[2] + k2 * c[4] + k3 * c[6], k0 * c[1] + k1 * c[3] + k2 * c[5] + k3 * c[7]];
}

export const curve = (c) => `M${c.slice(0, 2).map(Math.round)}C${c.slice(2).map(Math.round)}`;
