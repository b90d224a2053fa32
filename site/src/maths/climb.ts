// A picture that grows towards what a unit likes: `demos.deepvis.units.optimised_pictures`.
import { blur, MEAN, STD } from "./pictures.ts";

export const STEPS = 80;
const STEP = 0.06;

export type GradientAt = (x: Float32Array) => Promise<Float32Array>;

// Side of the picture for a unit whose patches are at most `extent` pixels large.
export function sideFor(extent: number): number {
  return Math.round(Math.min(Math.max(1.15 * extent, 40), 168));
}

// One step up the gradient, its mean size STEP where it reaches, the picture jittered by (dx, dy) meanwhile.
export async function climbed(x: Float32Array, gradientAt: GradientAt, dx: number, dy: number): Promise<Float32Array> {
  const side = Math.round(Math.sqrt(x.length / 3));
  const moved = rolled(x, side, dx, dy);
  const gradient = await gradientAt(moved);
  let [sum, count] = [0, 0];
  for (const value of gradient) {
    sum += Math.abs(value);
    count += Number(value !== 0);
  }
  const scale = count ? (STEP * count) / sum : 0;
  const stepped = rolled(moved.map((value, i) => value + scale * gradient[i]), side, -dx, -dy);
  return clipped(blur(stepped, 3, side, 0.4 + side / 400));
}

// Roll (3, side, side) by dx pixels to the right and dy down.
export function rolled(x: Float32Array, side: number, dx: number, dy: number): Float32Array {
  const y = new Float32Array(x.length);
  for (let c = 0; c < 3; c++) {
    for (let row = 0; row < side; row++) {
      const from = (c * side + ((row - dy + 2 * side) % side)) * side;
      for (let column = 0; column < side; column++) {
        y[(c * side + row) * side + column] = x[from + ((column - dx + 2 * side) % side)];
      }
    }
  }
  return y;
}

// To the values that pixels in 0..1 can have.
function clipped(x: Float32Array): Float32Array {
  const places = x.length / 3;
  return x.map((value, i) => {
    const c = Math.floor(i / places);
    return Math.min(Math.max(value, -MEAN[c] / STD[c]), (1 - MEAN[c]) / STD[c]);
  });
}
