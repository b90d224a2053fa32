// A picture with a square that follows the hand at once.
import type { Pixels } from "../maths/pictures.ts";
import { clamp, element, pen, show } from "../parts/dom.ts";

const SHOWN = 448; // pixels of the picture on the page
const GREY = "rgb(124, 116, 104)"; // the mean colour of ImageNet
const STEPS: Record<string, [number, number]> = {
  ArrowLeft: [-4, 0],
  ArrowRight: [4, 0],
  ArrowUp: [0, -4],
  ArrowDown: [0, 4],
};

export class SquareCanvas {
  patch: number;
  top: number;
  left: number;
  private canvas: HTMLCanvasElement;
  private picture: HTMLCanvasElement | null = null;
  private heatmap: HTMLCanvasElement | null = null;
  private held: [number, number] | null = null;

  constructor(
    parent: Element,
    private size: number,
    private moved: () => void,
  ) {
    this.patch = size / 4;
    this.top = this.left = (size - this.patch) / 2;
    const ratio = window.devicePixelRatio || 1;
    this.canvas = element("canvas", parent, { className: "square", width: SHOWN * ratio, height: SHOWN * ratio, tabIndex: 0 });
    this.canvas.setAttribute("role", "application");
    this.canvas.setAttribute("aria-label", "Picture with a grey square to drag, also by the arrow keys");
    pen(this.canvas).scale(ratio, ratio);
    this.listen();
  }

  show(picture: Pixels): void {
    this.picture = canvasOf(picture);
    this.heatmap = null;
    this.draw();
  }

  // Lay a map over the picture, or take it away.
  heat(map: Pixels | null): void {
    this.heatmap = map && canvasOf(map);
    this.draw();
  }

  resize(patch: number): void {
    const [x, y] = [this.left + this.patch / 2, this.top + this.patch / 2];
    this.patch = patch;
    this.move(x - patch / 2, y - patch / 2);
  }

  private move(left: number, top: number): void {
    this.left = clamp(left, 0, this.size - this.patch);
    this.top = clamp(top, 0, this.size - this.patch);
    this.draw();
    this.moved();
  }

  private draw(): void {
    if (!this.picture) return;
    const brush = pen(this.canvas);
    const scale = SHOWN / this.size;
    const box = [this.left, this.top, this.patch, this.patch].map((value) => value * scale) as [number, number, number, number];
    brush.imageSmoothingQuality = "high";
    brush.filter = this.heatmap ? "grayscale(1)" : "none";
    brush.drawImage(this.picture, 0, 0, SHOWN, SHOWN);
    brush.filter = "none";
    brush.fillStyle = GREY;
    if (this.heatmap) brush.drawImage(this.heatmap, 0, 0, SHOWN, SHOWN);
    else brush.fillRect(...box);
    brush.strokeStyle = "white";
    brush.lineWidth = 2;
    brush.strokeRect(...box);
  }

  private listen(): void {
    const { canvas } = this;
    canvas.onpointerdown = (event) => {
      const [x, y] = this.point(event);
      const [dx, dy] = [x - this.left, y - this.top];
      const inside = Math.min(dx, dy) >= 0 && Math.max(dx, dy) <= this.patch;
      this.held = inside ? [dx, dy] : [this.patch / 2, this.patch / 2];
      canvas.setPointerCapture(event.pointerId);
      this.move(x - this.held[0], y - this.held[1]);
    };
    canvas.onpointermove = (event) => {
      if (!this.held) return;
      const [x, y] = this.point(event);
      this.move(x - this.held[0], y - this.held[1]);
    };
    canvas.onpointerup = canvas.onpointercancel = () => (this.held = null);
    canvas.onkeydown = (event) => {
      const step = STEPS[event.key];
      if (!step) return;
      event.preventDefault();
      this.move(this.left + step[0], this.top + step[1]);
    };
  }

  private point(event: PointerEvent): [number, number] {
    const box = this.canvas.getBoundingClientRect();
    const scale = this.size / box.width;
    return [(event.clientX - box.left) * scale, (event.clientY - box.top) * scale];
  }
}

function canvasOf(pixels: Pixels): HTMLCanvasElement {
  const canvas = element("canvas", null);
  show(canvas, pixels);
  return canvas;
}
