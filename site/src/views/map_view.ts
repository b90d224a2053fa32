// A map of points that move from where they are to where they should be: `demos/tsne_live/tsne_live.js`.
import { element, pen } from "../parts/dom.ts";

const [SIDE, MARGIN] = [640, 34]; // of the map, in pixels
const LENS = 132; // side of the picture under the pointer
const REACH = 16; // pixels within which the pointer finds a point

export interface Kinds {
  of: ArrayLike<number>; // each point's kind
  names: string[];
  colours: string[];
}

// Draws the small picture of a point into a square.
export type Stamp = (brush: CanvasRenderingContext2D, point: number, x: number, y: number, side: number) => void;

export class MapView {
  stamp: Stamp | null = null;
  pictures = true;
  private canvas: HTMLCanvasElement;
  private legend: HTMLElement;
  private kinds: Kinds = { of: [], names: [], colours: ["#1f77b4"] };
  private from: Float32Array = new Float32Array();
  private to: Float32Array = new Float32Array();
  private now: Float32Array = new Float32Array();
  private began = 0;
  private lasts = 100;
  private pending = 0;
  private hovered = -1;
  private chosen = -1; // the kind whose name the pointer is on

  constructor(parent: Element) {
    this.canvas = element("canvas", parent, { className: "map" });
    const ratio = window.devicePixelRatio || 1;
    [this.canvas.width, this.canvas.height] = [SIDE * ratio, SIDE * ratio];
    this.canvas.setAttribute("role", "img");
    this.canvas.setAttribute("aria-label", "Map of the points; it moves while t-SNE optimises it");
    pen(this.canvas).scale(ratio, ratio);
    this.canvas.onpointermove = (event) => this.hover(event);
    this.canvas.onpointerleave = () => this.point(-1);
    this.legend = element("div", parent, { className: "names" });
  }

  // Show other points, from the first frame on.
  begin(kinds: Kinds, stamp: Stamp | null): void {
    [this.kinds, this.stamp, this.hovered, this.chosen] = [kinds, stamp, -1, -1];
    this.from = this.to = this.now = new Float32Array();
    this.legend.replaceChildren();
    kinds.names.forEach((name, kind) => {
      const chip = element("span", this.legend, { textContent: name });
      chip.style.setProperty("--colour", kinds.colours[kind]);
      chip.onpointerenter = () => this.choose(kind);
      chip.onpointerleave = () => this.choose(-1);
    });
  }

  // Points (N, 2) in -1..1, y upwards.
  aim(points: Float32Array): void {
    const time = performance.now();
    if (this.to.length) this.lasts = Math.min(300, Math.max(30, 0.7 * this.lasts + 0.3 * (time - this.began)));
    // A frame of other points may still have been on its way when these began.
    this.from = this.now.length === points.length ? this.now.slice() : points;
    this.now = this.from.slice();
    [this.to, this.began] = [points, time];
    this.ask();
  }

  ask(): void {
    if (!this.pending) this.pending = requestAnimationFrame(() => this.draw());
  }

  private draw(): void {
    this.pending = 0;
    const t = Math.min(1, (performance.now() - this.began) / this.lasts);
    this.now.forEach((_, i) => (this.now[i] = this.from[i] + t * (this.to[i] - this.from[i])));
    const brush = pen(this.canvas);
    brush.fillStyle = "#fff";
    brush.fillRect(0, 0, SIDE, SIDE);
    if (this.pictures && this.stamp) this.drawPictures(brush, this.stamp);
    else this.drawDots(brush);
    if (this.hovered >= 0) this.drawLens(brush);
    if (t < 1) this.ask();
  }

  private get count(): number {
    return this.now.length / 2;
  }

  private place(i: number): [number, number] {
    const reach = SIDE / 2 - MARGIN;
    return [SIDE / 2 + reach * this.now[2 * i], SIDE / 2 - reach * this.now[2 * i + 1]];
  }

  private kind(i: number): number {
    return this.kinds.of[i] ?? 0;
  }

  private alpha(kind: number, usual: number): number {
    return this.chosen >= 0 && kind !== this.chosen ? 0.08 : usual;
  }

  private drawDots(brush: CanvasRenderingContext2D): void {
    const radius = Math.min(6, Math.max(1.5, 150 / Math.sqrt(this.count)));
    this.kinds.colours.forEach((colour, kind) => {
      brush.fillStyle = colour;
      brush.globalAlpha = this.alpha(kind, 0.8);
      brush.beginPath();
      for (let i = 0; i < this.count; i++) {
        if (this.kind(i) !== kind) continue;
        const [x, y] = this.place(i);
        brush.moveTo(x + radius, y);
        brush.arc(x, y, radius, 0, 2 * Math.PI);
      }
      brush.fill();
    });
    brush.globalAlpha = 1;
  }

  private drawPictures(brush: CanvasRenderingContext2D, stamp: Stamp): void {
    const side = Math.min(46, Math.max(12, SIDE / Math.sqrt(this.count)));
    for (let i = 0; i < this.count; i++) {
      const [x, y] = this.place(i);
      brush.globalAlpha = this.alpha(this.kind(i), 1);
      stamp(brush, i, x - side / 2, y - side / 2, side);
    }
    brush.globalAlpha = 1;
  }

  private drawLens(brush: CanvasRenderingContext2D): void {
    const [x, y] = this.place(this.hovered);
    const kind = this.kind(this.hovered);
    const name = this.kinds.names[kind] ?? "";
    const height = (this.stamp ? LENS : 0) + (name ? 34 : 0);
    const left = x + 22 + LENS > SIDE ? x - 22 - LENS : x + 22;
    const top = Math.min(SIDE - height - 8, Math.max(8, y - height / 2));
    brush.lineWidth = 3;
    brush.strokeStyle = "#111";
    brush.beginPath();
    brush.arc(x, y, 11, 0, 2 * Math.PI);
    brush.stroke();
    brush.fillStyle = "#fff";
    brush.fillRect(left - 4, top - 4, LENS + 8, height + 8);
    brush.strokeStyle = this.kinds.colours[kind] ?? "#111";
    brush.strokeRect(left - 4, top - 4, LENS + 8, height + 8);
    this.stamp?.(brush, this.hovered, left + 6, top + 6, LENS - 12);
    brush.fillStyle = "#111";
    brush.font = "600 20px system-ui, sans-serif";
    brush.textAlign = "center";
    brush.fillText(name, left + LENS / 2, top + height - 9, LENS);
  }

  private hover(event: PointerEvent): void {
    const box = this.canvas.getBoundingClientRect();
    const [px, py] = [event.clientX - box.left, event.clientY - box.top].map((at) => (at * SIDE) / box.width);
    let [nearest, found] = [REACH ** 2, -1];
    for (let i = 0; i < this.count; i++) {
      const [x, y] = this.place(i);
      const distance = (x - px) ** 2 + (y - py) ** 2;
      if (distance < nearest) [nearest, found] = [distance, i];
    }
    this.point(found);
  }

  private point(i: number): void {
    if (i === this.hovered) return;
    this.hovered = i;
    this.ask();
  }

  private choose(kind: number): void {
    this.chosen = kind;
    this.ask();
  }
}
