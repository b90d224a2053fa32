// The top patches of a unit, cut out of our photographs at the places that `tools/site/units.py` found.
import about from "../../public/data/units.json";
import { blank, pen } from "../parts/dom.ts";
import { fetched } from "../parts/files.ts";
import { photograph } from "../parts/chooser.ts";

const SEEN = 224; // pixels of a crop that a box is counted in
const ROW = 3; // patches in a row

export const LAYERS = about.layers as Record<string, number>;

export interface Patch {
  picture: number; // of the photograph
  left: number; // in its pixels, as the others
  top: number;
  width: number;
  height: number;
  extent: number; // longer side in the 224 pixels of what the network saw
}

const tables = new Map<string, Promise<Uint8Array>>();

export async function patchesOf(layer: string, unit: number): Promise<Patch[]> {
  let table = tables.get(layer);
  if (!table) tables.set(layer, (table = fetched(`data/patches_${layer}.bin`)));
  const bytes = await table;
  return Array.from({ length: about.patches }, (_, rank) => {
    const at = 5 * (unit * about.patches + rank);
    const [crop, top, left, bottom, right] = bytes.subarray(at, at + 5);
    const [picture, cropLeft, cropTop, side] = about.crops[crop];
    const scale = side / SEEN;
    return {
      picture,
      left: cropLeft + left * scale,
      top: cropTop + top * scale,
      width: (right - left) * scale,
      height: (bottom - top) * scale,
      extent: Math.max(right - left, bottom - top),
    };
  });
}

// Draw at most nine patches, the strongest first.
export async function drawPatches(canvas: HTMLCanvasElement, patches: Patch[], newest: () => boolean): Promise<void> {
  const bitmaps = await Promise.all(patches.map((patch) => photograph(patch.picture)));
  if (!newest()) return;
  blank(canvas);
  const cell = (canvas.width + 4) / ROW;
  patches.forEach(({ left, top, width, height }, rank) => {
    const [x, y] = [(rank % ROW) * cell, Math.floor(rank / ROW) * cell];
    pen(canvas).drawImage(bitmaps[rank], left, top, width, height, x, y, cell - 4, cell - 4);
  });
}
