// A still map of many points in the colours of a number or of a kind; a click or an arrow key chooses a point.
import { element, pen } from "../parts/dom.ts";
import { paletteBytes, TAB10 } from "../parts/palette.ts";

const [SIDE, MARGIN, RADIUS] = [640, 24, 2.2];
const VIRIDIS = paletteBytes("viridis");
const PALE = "#dfe3e8";
const TRAIL = 24; // places where it was before

export class StateMap {
  private canvas: HTMLCanvasElement;
  private ground = document.createElement("canvas");
  private legend: HTMLElement;
  private points: Float32Array = new Float32Array();
  private marked: number[] = []; // the newest last

  constructor(
    parent: Element,
    private choose: (number: number) => void,
  ) {
    this.canvas = element("canvas", parent, { className: "map", width: SIDE, height: SIDE, tabIndex: 0 });
    this.canvas.setAttribute("role", "application");
    this.canvas.setAttribute("aria-label", "Map of the states: click a point, or use the arrow keys to go to the next one");
    [this.ground.width, this.ground.height] = [SIDE, SIDE];
    this.legend = element("div", parent, { className: "names" });
    this.canvas.onclick = (event) => this.click(event);
    this.canvas.onkeydown = (event) => this.key(event);
  }

  // Points (N, 2) in -1..1, y upwards.
  begin(points: Float32Array): void {
    this.points = points;
  }

  // Colours for the points by their values; those that are not `within` stand pale behind the others.
  colour(values: number[], names: string[] | null, within: ((number: number) => boolean) | null = null): void {
    const sorted = values.slice().sort((a, b) => a - b);
    const [low, high] = [0.01, 0.99].map((share) => sorted[Math.floor(share * (sorted.length - 1))]);
    const brush = pen(this.ground);
    brush.fillStyle = "#fff";
    brush.fillRect(0, 0, SIDE, SIDE);
    brush.globalAlpha = 0.75;
    const dot = (i: number, colour: string) => {
      brush.fillStyle = colour;
      const [x, y] = this.place(i);
      brush.fillRect(x - RADIUS, y - RADIUS, 2 * RADIUS, 2 * RADIUS);
    };
    if (within) values.forEach((_, i) => within(i) || dot(i, PALE));
    values.forEach((value, i) => {
      if (within && !within(i)) return;
      dot(i, names ? TAB10[value] : viridis((value - low) / (high - low || 1)));
    });
    brush.globalAlpha = 1;
    this.legend.replaceChildren();
    const ends: [string, string][] = [[format(low), viridis(0)], [format((low + high) / 2), viridis(0.5)], [format(high), viridis(1)]];
    for (const [name, colour] of names ? names.map((name, i): [string, string] => [name, TAB10[i]]) : ends) {
      element("span", this.legend, { textContent: name }).style.setProperty("--colour", colour);
    }
    this.draw();
  }

  // Where the game is now; after a jump the way that led there begins anew.
  mark(number: number, jumped = false): void {
    if (jumped) this.marked = [];
    if (this.marked.at(-1) !== number) this.marked = [...this.marked, number].slice(-TRAIL);
    this.canvas.dataset.state = String(number);
    this.draw();
  }

  private draw(): void {
    const brush = pen(this.canvas);
    brush.drawImage(this.ground, 0, 0);
    if (!this.marked.length) return;
    brush.strokeStyle = "#d62728";
    brush.lineWidth = 1.5;
    brush.beginPath();
    this.marked.forEach((number, i) => (i ? brush.lineTo(...this.place(number)) : brush.moveTo(...this.place(number))));
    brush.stroke();
    for (const [colour, width] of [["#fff", 6], ["#d62728", 3]] as const) {
      [brush.strokeStyle, brush.lineWidth] = [colour, width];
      brush.beginPath();
      brush.arc(...this.place(this.marked.at(-1)!), 10, 0, 2 * Math.PI);
      brush.stroke();
    }
  }

  private place(i: number): [number, number] {
    const reach = SIDE / 2 - MARGIN;
    return [SIDE / 2 + reach * this.points[2 * i], SIDE / 2 - reach * this.points[2 * i + 1]];
  }

  private click(event: MouseEvent): void {
    const box = this.canvas.getBoundingClientRect();
    const [px, py] = [event.clientX - box.left, event.clientY - box.top].map((at) => (at * SIDE) / box.width);
    this.take((x, y) => (x - px) ** 2 + (y - py) ** 2);
  }

  // The nearest point in the direction of an arrow, those straight ahead first.
  private key(event: KeyboardEvent): void {
    const ways: Record<string, [number, number]> = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    const way = ways[event.key];
    if (!way) return;
    event.preventDefault();
    const [px, py] = this.place(this.marked.at(-1) ?? 0);
    this.take((x, y) => {
      const ahead = (x - px) * way[0] + (y - py) * way[1];
      const aside = (x - px) * way[1] + (y - py) * way[0];
      return ahead > 4 ? ahead ** 2 + 4 * aside ** 2 : Infinity;
    });
  }

  private take(cost: (x: number, y: number) => number): void {
    let [least, found] = [Infinity, -1];
    for (let i = 0; i < this.points.length / 2; i++) {
      const own = cost(...this.place(i));
      if (own < least) [least, found] = [own, i];
    }
    if (found >= 0) this.choose(found);
  }
}

function viridis(share: number): string {
  const level = 3 * Math.round(255 * Math.min(Math.max(share, 0), 1));
  return `rgb(${VIRIDIS[level]}, ${VIRIDIS[level + 1]}, ${VIRIDIS[level + 2]})`;
}

function format(value: number): string {
  return String(Number(value.toPrecision(3)));
}
