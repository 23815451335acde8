// The layer of what moves: a canvas, because repainting SVG thirty times a second costs several times as much.

import { el } from "./dom.js";

const FILLS = { pulse: "--accent", blue: "--blue", green: "--green", loose: "--warn" };
const LOOK_AGAIN = 1000; // milliseconds after which colors are read again: the theme may have changed

export class Canvas {
  constructor() {
    this.node = el("canvas", { class: "motion", "aria-hidden": "true" });
    this.pen = this.node.getContext("2d");
    this.colors = {};
    this.read = -Infinity;
  }

  /** Cover the scene, as sharp as the screen is. */
  size(width, height) {
    this.scale = Math.min(2, devicePixelRatio);
    const [w, h] = [Math.round(width * this.scale), Math.round(height * this.scale)];
    if (this.node.width === w && this.node.height === h) return;
    Object.assign(this.node, { width: w, height: h });
    Object.assign(this.node.style, { width: `${width}px`, height: `${height}px` });
  }

  /** Show outlines, by the name of what they are. */
  paint(shapes) {
    if (performance.now() - this.read > LOOK_AGAIN) this.look();
    const { pen, scale } = this;
    const moves = String(Object.values(shapes).some(Boolean));
    if (this.node.dataset.moves !== moves) this.node.dataset.moves = moves;
    pen.setTransform(scale, 0, 0, scale, 0, 0);
    pen.clearRect(0, 0, this.node.width, this.node.height);
    for (const [name, d] of Object.entries(shapes)) {
      if (!d) continue;
      pen.fillStyle = this.colors[name];
      pen.globalAlpha = name === "pulse" ? 0.75 : 1;
      pen.fill(new Path2D(d));
    }
  }

  look() {
    const style = getComputedStyle(this.node);
    for (const [name, variable] of Object.entries(FILLS)) this.colors[name] = style.getPropertyValue(variable);
    this.read = performance.now();
  }
}
