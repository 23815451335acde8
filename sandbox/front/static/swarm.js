// Which device is at which host: follows the counts that are reported, and says who has to move. Pure.

const MOST = 600; // dots; beyond that a dot stands for several devices

export class Swarm {
  constructor() {
    this.dots = [];
    this.each = 1;
  }

  /** Follow {host id: devices}; the moves are {dot, from, to}, with `to` null for a device that is on its way. */
  follow(counts, total) {
    this.each = Math.max(1, Math.ceil(total / MOST));
    const size = Math.ceil(total / this.each);
    const fresh = this.dots.length === 0;
    while (this.dots.length < size) this.dots.push({ n: this.dots.length, host: null, was: null, moving: false });
    this.dots.length = size;
    const wanted = new Map([...counts].map(([id, devices]) => [id, Math.round(devices / this.each)]));
    const moves = new Map();
    for (const dot of this.surplus(wanted)) {
      moves.set(dot, { dot, from: dot.host, to: null });
      Object.assign(dot, { was: dot.host, host: null });
    }
    for (const [dot, to] of this.places(wanted)) {
      moves.set(dot, { dot, from: moves.get(dot)?.from ?? null, to });
      Object.assign(dot, { host: to, was: null });
    }
    return fresh ? [] : [...moves.values()];
  }

  /** How many have arrived at a host. */
  at(host) {
    return this.dots.reduce((sum, dot) => sum + (dot.host === host && !dot.moving), 0);
  }

  surplus(wanted) {
    const left = new Map(wanted);
    // From the rim inwards, so that those that leave first are those in the middle.
    return [...this.dots].reverse().filter((dot) => {
      if (dot.host === null) return false;
      const room = left.get(dot.host) ?? 0;
      left.set(dot.host, room - 1);
      return room <= 0;
    }).reverse();
  }

  places(wanted) {
    const room = new Map(wanted);
    for (const dot of this.dots) if (dot.host !== null) room.set(dot.host, (room.get(dot.host) ?? 0) - 1);
    const open = [...room].filter(([, places]) => places > 0);
    const loose = this.dots.filter((dot) => dot.host === null).sort((a, b) => (a.was === null) - (b.was === null) || a.n - b.n);
    const found = [];
    for (let n = 0; open.length && found.length < loose.length; n = (n + 1) % open.length) {
      found.push([loose[found.length], open[n][0]]);
      open[n][1] -= 1;
      if (open[n][1] === 0) open.splice(n--, 1);
      if (!open.length) break;
    }
    return found;
  }
}
