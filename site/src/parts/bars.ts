// Probabilities as bars; a mark shows what each was before.
import classes from "../../public/data/classes.json";
import { element } from "./dom.ts";

export interface Bar {
  name: string;
  now: number;
  before?: number;
}

export function className(index: number): string {
  return classes[index];
}

// The numbers of the highest values, the highest first.
export function top(values: Float32Array, count: number): number[] {
  return Array.from(values.keys()).sort((a, b) => values[b] - values[a]).slice(0, count);
}

export function drawBars(list: Element, bars: Bar[]): void {
  while (list.children.length < bars.length) {
    const row = element("div", list, { className: "bar" });
    element("span", row, { className: "name" });
    element("span", row, { className: "share" });
    const track = element("div", row, { className: "track" });
    for (const name of ["now", "before"]) element("div", track, { className: name });
  }
  const most = Math.max(...bars.map((bar) => bar.now));
  Array.from(list.children).forEach((row, index) => {
    const bar = bars[index];
    (row as HTMLElement).hidden = !bar;
    if (!bar) return;
    row.querySelector(".name")!.textContent = bar.name;
    row.querySelector(".share")!.textContent = `${Math.round(100 * bar.now)}%`;
    row.querySelector<HTMLElement>(".now")!.style.width = `${100 * bar.now}%`;
    const before = row.querySelector<HTMLElement>(".before")!;
    before.hidden = bar.before === undefined;
    before.style.left = `${100 * (bar.before ?? 0)}%`;
    row.classList.toggle("leads", bar.now === most);
  });
}
