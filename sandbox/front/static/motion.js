// What moves: messages and requests along the lines, and devices from one host to another. Draws only while it has to.

import { along } from "./layout.js";
import { dot } from "./svg.js";

const LEG = 850; // milliseconds from a host to the balancer, and back
const TRIP = 1500; // milliseconds of a message from the swarm to its host
const [QUIET, BUSY] = [58, 20]; // milliseconds between two pictures: of messages alone, and of devices too
const PER_DOT = 8; // messages or requests that one moving dot stands for
const MOST_DOTS = 14; // a second
const STREAMS = 5;
const still = matchMedia("(prefers-reduced-motion: reduce)");

export class Motion {
  /** `canvas` shows shapes, `scene` knows curves and sides; `arrived` is told of devices that have found their place. */
  constructor(canvas, scene, arrived) {
    Object.assign(this, { canvas, scene, arrived, travelers: new Map(), pulses: [], owed: new Map(), flows: [], last: 0, frame: 0 });
    still.addEventListener("change", () => this.wake());
    new IntersectionObserver(([entry]) => { this.hidden = !entry.isIntersecting; this.wake(); }).observe(canvas.node);
  }

  /** Devices that leave a host, or have found one. */
  move(moves) {
    for (const { dot: device, from, to } of moves) {
      const known = this.travelers.get(device);
      if (still.matches || this.hidden || document.hidden) device.moving = false;
      else if (known) known.to = to;
      else if (from || to) {
        Object.assign(device, { moving: true, left: from });
        const begin = performance.now() + Math.random() * 480;
        this.travelers.set(device, { from, to, begin, back: Boolean(from), side: this.scene.side(from ?? to) });
      }
    }
    this.wake();
  }

  /** How much goes to each host a second: [{host, rate}]. */
  flow(flows) {
    const all = flows.reduce((sum, each) => sum + each.rate, 0) / PER_DOT;
    const share = all > MOST_DOTS ? MOST_DOTS / all : 1;
    this.flows = flows.map(({ host, rate }) => ({ host, rate: (rate / PER_DOT) * share }));
    this.wake();
  }

  wake() {
    if (still.matches || this.hidden) {
      this.rest();
      return;
    }
    if (!this.frame && (this.flows.some((f) => f.rate > 0) || this.pulses.length || this.travelers.size)) {
      // Waiting first spares the browser the frames between, which would cost as much as those that are drawn.
      this.frame = setTimeout(() => requestAnimationFrame((at) => this.draw(at)), this.travelers.size ? BUSY : QUIET);
    }
  }

  /** Nothing moves: whoever travels is there at once. */
  rest() {
    this.travelers.forEach((_, device) => { device.moving = false; });
    if (this.travelers.size) this.arrived();
    this.travelers.clear();
    this.pulses = [];
    this.paint({ pulse: "", blue: "", green: "", loose: "" });
  }

  draw(at) {
    this.frame = 0;
    const passed = Math.min(200, at - this.last);
    this.last = at;
    this.spawn(passed / 1000, at);
    this.paint({ pulse: this.pulsing(at), ...this.traveling(at) });
    this.wake();
  }

  spawn(seconds, at) {
    for (const { host, rate } of this.flows) {
      let owed = (this.owed.get(host) ?? Math.random()) + rate * seconds;
      for (; owed >= 1; owed -= 1) this.pulses.push({ host, begin: at, stream: Math.floor(Math.random() * STREAMS) });
      this.owed.set(host, owed);
    }
  }

  pulsing(at) {
    this.pulses = this.pulses.filter((pulse) => at - pulse.begin < TRIP && this.scene.curve(pulse.host));
    return this.pulses.map((pulse) => {
      const t = (at - pulse.begin) / TRIP;
      const [x, y] = t < 0.42 ? along(this.scene.stream(pulse.stream), t / 0.42) : along(this.scene.curve(pulse.host), (t - 0.42) / 0.58);
      return dot(x, y, 2, "");
    }).join("");
  }

  traveling(at) {
    const shapes = { blue: "", green: "", loose: "" };
    let landed = false;
    for (const [device, trip] of this.travelers) {
      const place = this.where(trip, at, device.n);
      if (place) shapes[trip.side || "loose"] += dot(...place, 3, trip.side);
      else {
        this.travelers.delete(device);
        device.moving = false;
        landed = true;
      }
    }
    if (landed) this.arrived();
    return shapes;
  }

  /** Where a device is; null once it has arrived. */
  where(trip, at, n) {
    const t = Math.max(0, (at - trip.begin) / LEG);
    if (trip.back) {
      const way = this.scene.curve(trip.from);
      if (t < 1 && way) return along(way, 1 - ease(t));
      Object.assign(trip, { back: false, begin: at });
      return this.scene.waiting(n);
    }
    if (!trip.to) {
      trip.begin = at;
      return this.scene.waiting(n);
    }
    trip.side = this.scene.side(trip.to);
    const way = this.scene.curve(trip.to);
    return t < 1 && way ? along(way, ease(t)) : null;
  }

  paint(shapes) {
    const fingerprint = Object.values(shapes).join();
    if (fingerprint === this.painted) return;
    this.painted = fingerprint;
    this.canvas.paint(shapes);
  }
}

const ease = (t) => (t < 0.5 ? 2 * t * t : 1 - 2 * (1 - t) * (1 - t));
export { STREAMS };
