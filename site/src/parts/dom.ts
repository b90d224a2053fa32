// Small help with elements and canvases.
import type { Pixels } from "../maths/pictures.ts";

export function element<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  parent: Element | null,
  properties: Partial<HTMLElementTagNameMap[Tag]> = {},
): HTMLElementTagNameMap[Tag] {
  const made = Object.assign(document.createElement(tag), properties);
  parent?.append(made);
  return made;
}

export function pen(canvas: HTMLCanvasElement): CanvasRenderingContext2D {
  return canvas.getContext("2d", { willReadFrequently: true })!;
}

// A canvas that tells its name to a screen reader.
export function pictureOf(parent: Element, name: string, side: number, className = ""): HTMLCanvasElement {
  const canvas = element("canvas", parent, { width: side, height: side, className });
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", name);
  return canvas;
}

export function show(canvas: HTMLCanvasElement, image: Pixels): void {
  [canvas.width, canvas.height] = [image.width, image.height];
  pen(canvas).putImageData(new ImageData(new Uint8ClampedArray(image.data), image.width, image.height), 0, 0);
}

export function blank(canvas: HTMLCanvasElement): void {
  pen(canvas).clearRect(0, 0, canvas.width, canvas.height);
}

// A slider with its name, and a sentence for its value.
export function slider(
  parent: Element,
  name: string,
  options: { min: number; max: number; step?: number; value: number; says?: (value: number) => string },
): HTMLInputElement {
  const label = element("label", parent, { className: "slider" });
  element("span", label, { textContent: name });
  const { says, ...numbers } = options;
  const [min, max, step, value] = [numbers.min, numbers.max, numbers.step ?? 1, numbers.value].map(String);
  const input = element("input", label, { type: "range", min, max, step, value });
  const output = element("output", label);
  const tell = () => {
    output.textContent = says ? says(Number(input.value)) : input.value;
    input.setAttribute("aria-valuetext", output.textContent);
  };
  for (const event of ["input", "tell"]) input.addEventListener(event, tell); // "tell": moved by the page itself
  tell();
  return input;
}

export function button(parent: Element, text: string, act: () => void): HTMLButtonElement {
  const made = element("button", parent, { className: "tool", textContent: text, type: "button" });
  made.addEventListener("click", act);
  return made;
}

export function select(parent: Element, name: string, options: [string, string][]): HTMLSelectElement {
  const label = element("label", parent, { className: "select" });
  element("span", label, { textContent: name });
  const made = element("select", label);
  for (const [value, text] of options) element("option", made, { value, textContent: text });
  return made;
}

export function clamp(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), high);
}
