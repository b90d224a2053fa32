// Where a square covers a picture, and what it costs: `techniques.occlusion.maps`.

// First pixels of the squares along one side: every `stride`, the last one moved back until it just fits.
export function positions(extent: number, patch: number, stride: number): number[] {
  const found: number[] = [];
  for (let at = 0; at < extent - patch; at += stride) found.push(at);
  return [...found, extent - patch];
}

// A normalised picture (3, side, side) with a square of the mean colour over it.
export function covered(x: Float32Array, top: number, left: number, patch: number): Float32Array {
  const side = Math.round(Math.sqrt(x.length / 3));
  const y = x.slice();
  for (let c = 0; c < 3; c++) {
    for (let row = top; row < top + patch; row++) {
      const start = (c * side + row) * side + left;
      y.fill(0, start, start + patch);
    }
  }
  return y;
}

// Give each pixel (side x side) the mean over all the squares that covered it.
export function spread(heat: number[], side: number, patch: number, stride: number): Float32Array {
  const places = positions(side, patch, stride);
  const total = new Float32Array(side * side);
  const count = new Float32Array(side * side);
  places.forEach((top, i) =>
    places.forEach((left, j) => {
      for (let row = top; row < top + patch; row++) {
        for (let at = row * side + left; at < row * side + left + patch; at++) {
          total[at] += heat[i * places.length + j];
          count[at] += 1;
        }
      }
    }),
  );
  return total.map((value, i) => value / count[i]);
}

// 0..1, or all 0 where nothing differs.
export function rescaled(values: Float32Array): Float32Array {
  const low = values.reduce((a, b) => Math.min(a, b));
  const span = values.reduce((a, b) => Math.max(a, b)) - low;
  return values.map((value) => (span > 0 ? (value - low) / span : 0));
}
