// What PyTorch says: the folder that `tools/site/numbers.py` wrote.
import { readFileSync } from "node:fs";
import { join } from "node:path";

const FOLDER = process.env.NUMBERS ?? "numbers";

export const about = JSON.parse(readFileSync(join(FOLDER, "numbers.json"), "utf8"));

export function bytes(path: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(readFileSync(path));
}

export function file(name: string): Uint8Array<ArrayBuffer> {
  return bytes(join(FOLDER, name));
}

export function floats(name: string): Float32Array {
  return new Float32Array(file(name).buffer);
}

export function largestGap(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Infinity;
  let most = 0;
  for (let i = 0; i < a.length; i++) {
    const gap = Math.abs(a[i] - b[i]);
    if (!(gap <= most)) most = Number.isNaN(gap) ? Infinity : gap;
  }
  return most;
}

// |a - b| / |b|, with Euclidean lengths.
export function relativeGap(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let [gap, size] = [0, 0];
  for (let i = 0; i < b.length; i++) {
    gap += (a[i] - b[i]) ** 2;
    size += b[i] ** 2;
  }
  return a.length === b.length ? Math.sqrt(gap / Math.max(size, 1e-30)) : Infinity;
}
