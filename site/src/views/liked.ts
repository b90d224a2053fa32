// The pictures that units like, of the layers for which `tools/site/liked.py` grew them: one sheet a layer.
import about from "../liked/liked.json";
import { element, pen } from "../parts/dom.ts";
import { picture } from "../parts/files.ts";
import type { Pixels } from "../maths/pictures.ts";
import { LAYERS } from "./patches.ts";

const sheets = new Map<string, Promise<ImageBitmap>>();

// Null for a unit of a layer that has no sheet.
export async function likedPicture(layer: string, unit: number): Promise<Pixels | null> {
  if (!about.layers.includes(layer)) return null;
  let sheet = sheets.get(layer);
  if (!sheet) sheets.set(layer, (sheet = picture(`liked/${layer}.webp`)));
  const columns = Math.ceil(Math.sqrt(LAYERS[layer]));
  const { cell } = about;
  const canvas = element("canvas", null, { width: cell, height: cell });
  const [left, top] = [(unit % columns) * cell, Math.floor(unit / columns) * cell];
  pen(canvas).drawImage(await sheet, left, top, cell, cell, 0, 0, cell, cell);
  return pen(canvas).getImageData(0, 0, cell, cell);
}
