// A strip of our photographs, a file, or the camera. Nothing of it leaves the page.
import strip from "../../public/data/pictures.json";
import { button, element, pen } from "./dom.ts";
import { picture } from "./files.ts";
import type { Pixels } from "../maths/pictures.ts";

const LONGEST = 640; // pixels of a file's longer side, four times what a network looks at

export interface Choice {
  onPicture: (name: string, image: Pixels) => void;
  onCamera?: (on: boolean) => void;
  onError: (error: unknown) => void;
}

const bitmaps = new Map<number, Promise<ImageBitmap>>();

// A photograph of ours by its number, decoded once.
export function photograph(number: number): Promise<ImageBitmap> {
  let found = bitmaps.get(number);
  if (!found) bitmaps.set(number, (found = picture(`data/pictures/${strip.pictures[number].name}.jpg`)));
  return found;
}

export function photographCount(): number {
  return strip.pictures.length;
}

export class Chooser {
  private thumbs: HTMLButtonElement[] = [];
  private stream: MediaStream | null = null;
  private video: HTMLVideoElement;
  private cameraButton: HTMLButtonElement | null = null;
  private canvas = document.createElement("canvas");
  private newest = 0; // of the choices: a slow picture must not take a later one's place

  constructor(
    parent: Element,
    private choice: Choice,
  ) {
    const root = element("div", parent, { className: "chooser" });
    this.fillStrip(root);
    this.addFile(root);
    this.video = element("video", root, { muted: true, playsInline: true, hidden: true });
    if (choice.onCamera) this.cameraButton = button(root, "Camera", () => void this.toggleCamera());
  }

  get live(): boolean {
    return this.stream !== null;
  }

  async choose(number: number): Promise<void> {
    this.cameraOff();
    this.mark(number);
    await this.offer(strip.pictures[number].name, () => photograph(number));
  }

  // The newest frame of the camera, the middle square as in a mirror, or null if there is none.
  frame(side: number): Pixels | null {
    if (!this.stream || !this.video.videoWidth) return null;
    const { videoWidth: width, videoHeight: height } = this.video;
    const square = Math.min(width, height);
    this.canvas.width = this.canvas.height = side;
    const brush = pen(this.canvas);
    brush.setTransform(-1, 0, 0, 1, side, 0);
    brush.drawImage(this.video, (width - square) / 2, (height - square) / 2, square, square, 0, 0, side, side);
    return brush.getImageData(0, 0, side, side);
  }

  cameraOff(): void {
    if (!this.stream) return;
    this.stream.getTracks().forEach((track) => track.stop());
    this.stream = null;
    this.cameraButton?.setAttribute("aria-pressed", "false");
    this.choice.onCamera?.(false);
  }

  private async toggleCamera(): Promise<void> {
    if (this.stream) {
      this.cameraOff();
      return;
    }
    try {
      this.stream = await navigator.mediaDevices.getUserMedia({ video: { width: 640, height: 480 } });
    } catch (error) {
      const denied = (error as DOMException).name === "NotAllowedError";
      this.choice.onError(
        new Error(`The camera does not start: ${denied ? "the browser was not allowed to use it" : "none was found"}.`),
      );
      return;
    }
    this.newest += 1;
    this.mark(-1);
    this.cameraButton?.setAttribute("aria-pressed", "true");
    this.video.srcObject = this.stream;
    await this.video.play();
    this.choice.onCamera?.(true);
  }

  private fillStrip(root: Element): void {
    const list = element("div", root, { className: "strip" });
    list.setAttribute("role", "group");
    list.setAttribute("aria-label", "Photographs");
    const side = strip.cell;
    const rows = Math.ceil(strip.pictures.length / strip.columns);
    this.thumbs = strip.pictures.map(({ name, title }, index) => {
      const thumb = element("button", list, { type: "button", className: "thumb", title, ariaLabel: name });
      thumb.style.backgroundSize = `${strip.columns * 100}% ${rows * 100}%`;
      const [column, row] = [index % strip.columns, Math.floor(index / strip.columns)];
      thumb.style.backgroundPosition = `${-column * side * (56 / side)}px ${-row * side * (56 / side)}px`;
      thumb.setAttribute("aria-pressed", "false");
      thumb.onclick = () => void this.choose(index);
      return thumb;
    });
  }

  private addFile(root: Element): void {
    const input = element("input", root, { type: "file", accept: "image/*", hidden: true, ariaLabel: "A picture" });
    button(root, "Open a picture", () => input.click());
    input.onchange = () => {
      const file = input.files?.[0];
      input.value = ""; // the same file may be chosen again
      if (!file) return;
      this.cameraOff();
      void this.offer(file.name, () => opened(file)).then((taken) => taken && this.mark(-1));
    };
  }

  private async offer(name: string, source: () => Promise<ImageBitmap>): Promise<boolean> {
    const own = ++this.newest;
    try {
      const bitmap = await source();
      if (own !== this.newest) return false;
      this.choice.onPicture(name, pixelsOf(bitmap, this.canvas));
      return true;
    } catch (error) {
      if (own === this.newest) this.choice.onError(error);
      return false;
    }
  }

  private mark(index: number): void {
    this.thumbs.forEach((thumb, i) => thumb.setAttribute("aria-pressed", String(i === index)));
    this.thumbs[index]?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }
}

async function opened(file: File): Promise<ImageBitmap> {
  try {
    return await createImageBitmap(file, { imageOrientation: "from-image" });
  } catch {
    throw new Error(`${file.name} is not a picture that this browser can read.`);
  }
}

// The pixels of a picture, shrunk if it is larger than anybody looks at, on white where it is transparent.
function pixelsOf(bitmap: ImageBitmap, canvas: HTMLCanvasElement): Pixels {
  const scale = Math.min(1, LONGEST / Math.max(bitmap.width, bitmap.height));
  canvas.width = Math.max(1, Math.round(bitmap.width * scale));
  canvas.height = Math.max(1, Math.round(bitmap.height * scale));
  const brush = pen(canvas);
  brush.fillStyle = "white";
  brush.fillRect(0, 0, canvas.width, canvas.height);
  brush.imageSmoothingQuality = "high";
  brush.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  return brush.getImageData(0, 0, canvas.width, canvas.height);
}
