// All activation maps of a layer in one picture; a click, or an arrow key, chooses a unit.
import { element, show } from "../parts/dom.ts";
import type { Grid } from "../maths/units.ts";

const STEPS: Record<string, (columns: number) => number> = {
  ArrowLeft: () => -1,
  ArrowRight: () => 1,
  ArrowUp: (columns) => -columns,
  ArrowDown: (columns) => columns,
};

export class UnitGrid {
  private root: HTMLElement;
  private canvas: HTMLCanvasElement;
  private chosen: HTMLElement;
  private under: HTMLElement;
  private label: HTMLElement;
  private grid: Grid | null = null;
  private count = 0;
  private unit = -1;

  constructor(
    parent: Element,
    private choose: (unit: number) => void,
  ) {
    this.root = element("div", parent, { className: "grid", tabIndex: 0 });
    this.root.setAttribute("role", "slider");
    this.root.setAttribute("aria-label", "Unit: the maps of all units, click one or use the arrow keys");
    this.root.setAttribute("aria-valuemin", "0");
    this.root.setAttribute("aria-valuenow", "0");
    this.canvas = element("canvas", this.root);
    this.under = element("div", this.root, { className: "under", hidden: true });
    this.chosen = element("div", this.root, { className: "chosen", hidden: true });
    this.label = element("div", this.root, { className: "label", hidden: true });
    this.canvas.onclick = (event) => this.take(this.unitAt(event));
    this.canvas.onpointermove = (event) => this.point(this.unitAt(event));
    this.canvas.onpointerleave = () => (this.under.hidden = this.label.hidden = true);
    this.root.onkeydown = (event) => this.key(event);
  }

  show(grid: Grid, count: number): void {
    [this.grid, this.count] = [grid, count];
    show(this.canvas, grid.image);
    this.root.setAttribute("aria-valuemax", String(count - 1));
    this.place(this.chosen, this.unit);
  }

  mark(unit: number): void {
    this.unit = unit;
    this.root.setAttribute("aria-valuenow", String(unit));
    this.root.setAttribute("aria-valuetext", `unit ${unit}`);
    this.place(this.chosen, unit);
  }

  private take(unit: number): void {
    if (unit < 0 || unit >= this.count) return;
    this.mark(unit);
    this.choose(unit);
  }

  private key(event: KeyboardEvent): void {
    const step = event.key === "Enter" ? () => 0 : STEPS[event.key]; // Enter: the same once more, as a click
    if (!step || !this.grid) return;
    event.preventDefault();
    this.take(this.unit + step(this.grid.columns));
  }

  private unitAt(event: PointerEvent | MouseEvent): number {
    if (!this.grid) return -1;
    const box = this.canvas.getBoundingClientRect();
    const scale = this.canvas.width / box.width / this.grid.cell;
    const column = Math.floor((event.clientX - box.left) * scale);
    const row = Math.floor((event.clientY - box.top) * scale);
    const unit = row * this.grid.columns + column;
    return column >= 0 && column < this.grid.columns && row >= 0 && unit < this.count ? unit : -1;
  }

  private point(unit: number): void {
    this.place(this.under, unit);
    this.label.hidden = unit < 0;
    this.label.textContent = `unit ${unit}`;
    const left = parseFloat(this.under.style.left) + parseFloat(this.under.style.width) / 2;
    this.label.style.left = `${Math.min(Math.max(left, 10), 90)}%`;
    this.label.style.top = `${parseFloat(this.under.style.top) + parseFloat(this.under.style.height)}%`;
  }

  // Lay a frame over a unit's map, in shares of the picture, which may be shown at any size.
  private place(frame: HTMLElement, unit: number): void {
    frame.hidden = !this.grid || unit < 0 || unit >= this.count;
    if (!this.grid || frame.hidden) return;
    const { columns, cell, image } = this.grid;
    frame.style.left = `${(100 * (unit % columns) * cell) / image.width}%`;
    frame.style.top = `${(100 * Math.floor(unit / columns) * cell) / image.height}%`;
    frame.style.width = `${(100 * (cell - 1)) / image.width}%`;
    frame.style.height = `${(100 * (cell - 1)) / image.height}%`;
  }
}
