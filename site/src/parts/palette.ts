// Colours of the figures, as the package has them.
import palettes from "../../public/data/palettes.json";

// The 256 colours of a map as bytes (256 x 3).
export function paletteBytes(name: "inferno" | "viridis"): Uint8Array {
  return Uint8Array.from(palettes[name].flatMap(rgb));
}

export const TAB10 = palettes.tab10;

// Colour of a cell's value in -1..1: blue below zero, white at it, red above.
export function shade(value: number): string {
  const most = (palettes.shades.length - 1) / 2;
  return palettes.shades[most + Math.round(Math.min(Math.max(value, -1), 1) * most)];
}

function rgb(colour: string): number[] {
  return [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
}
