// Pictures to arrays and back, as `cs182viz.imageops` does it: planes (3, height, width), RGB in 0..1 or normalised.
export const MEAN = [0.485, 0.456, 0.406];
export const STD = [0.229, 0.224, 0.225];

export interface Pixels {
  data: Uint8ClampedArray; // RGBA
  width: number;
  height: number;
}

// RGBA to planes (3, height, width) in 0..1.
export function planes(image: Pixels): Float32Array {
  const places = image.width * image.height;
  const x = new Float32Array(3 * places);
  for (let i = 0; i < places; i++) {
    for (let c = 0; c < 3; c++) x[c * places + i] = image.data[4 * i + c] / 255;
  }
  return x;
}

// A normalised square (3, size, size): the shorter side resized, the middle cut out.
export function preprocess(image: Pixels, size = 224): Float32Array {
  const shorter = Math.min(image.width, image.height);
  const [height, width] = [image.height, image.width].map((side) => Math.round((side * size) / shorter));
  const x = resize(planes(image), 3, image.height, image.width, height, width);
  return normalise(crop(x, height, width, size));
}

export function normalise(x: Float32Array): Float32Array {
  const places = x.length / 3;
  return x.map((value, i) => (value - MEAN[Math.floor(i / places)]) / STD[Math.floor(i / places)]);
}

// Planes (3, height, width) in 0..1 as RGBA.
export function rgba(x: Float32Array, width: number): Pixels {
  const places = x.length / 3;
  const data = new Uint8ClampedArray(4 * places).fill(255);
  for (let c = 0; c < 3; c++) {
    for (let i = 0; i < places; i++) data[4 * i + c] = 255 * x[c * places + i];
  }
  return { data, width, height: places / width };
}

// A normalised square (3, size, size) as RGBA.
export function deprocess(x: Float32Array): Pixels {
  const places = x.length / 3;
  const side = Math.round(Math.sqrt(places));
  const data = new Uint8ClampedArray(4 * places).fill(255);
  for (let c = 0; c < 3; c++) {
    for (let i = 0; i < places; i++) data[4 * i + c] = 255 * (x[c * places + i] * STD[c] + MEAN[c]);
  }
  return { data, width: side, height: side };
}

function crop(x: Float32Array, height: number, width: number, size: number): Float32Array {
  const [top, left] = [Math.floor((height - size) / 2), Math.floor((width - size) / 2)];
  const y = new Float32Array(3 * size * size);
  for (let c = 0; c < 3; c++) {
    for (let row = 0; row < size; row++) {
      const start = (c * height + top + row) * width + left;
      y.set(x.subarray(start, start + size), (c * size + row) * size);
    }
  }
  return y;
}

// Bilinear, with the low-pass filter that keeps a picture from aliasing when it shrinks; (channels, h, w) to
// (channels, height, width). What PyTorch calls `antialias=True, align_corners=False`.
export function resize(
  x: Float32Array,
  channels: number,
  h: number,
  w: number,
  height: number,
  width: number,
): Float32Array {
  const across = width === w ? x : along(x, channels * h, w, 1, width);
  return height === h ? across : along(across, channels, h, width, height);
}

// Resize the middle dimension of (outer, from, inner) to `to`.
function along(x: Float32Array, outer: number, from: number, inner: number, to: number): Float32Array {
  const y = new Float32Array(outer * to * inner);
  triangles(from, to).forEach(({ first, weights }, i) => {
    for (let o = 0; o < outer; o++) {
      const target = (o * to + i) * inner;
      weights.forEach((weight, j) => {
        const source = (o * from + first + j) * inner;
        for (let k = 0; k < inner; k++) y[target + k] += weight * x[source + k];
      });
    }
  });
  return y;
}

function triangles(from: number, to: number): { first: number; weights: number[] }[] {
  const scale = from / to;
  const reach = Math.max(scale, 1);
  return Array.from({ length: to }, (_, i) => {
    const centre = scale * (i + 0.5);
    const first = Math.max(Math.trunc(centre - reach + 0.5), 0);
    const last = Math.min(Math.trunc(centre + reach + 0.5), from);
    const raw = Array.from({ length: last - first }, (_, j) =>
      Math.max(0, 1 - Math.abs((first + j - centre + 0.5) / reach)),
    );
    const sum = raw.reduce((a, b) => a + b, 0);
    return { first, weights: raw.map((weight) => weight / sum) };
  });
}

// Gaussian blur of (channels, side, side), the picture mirrored at its edges; `imageops.blur`.
export function blur(x: Float32Array, channels: number, side: number, sigma: number): Float32Array {
  const radius = Math.trunc(4 * sigma + 0.5);
  if (radius === 0) return x;
  const raw = Array.from({ length: 2 * radius + 1 }, (_, i) => Math.exp(-0.5 * ((i - radius) / sigma) ** 2));
  const sum = raw.reduce((a, b) => a + b, 0);
  const kernel = raw.map((value) => value / sum);
  return filtered(filtered(x, channels * side, side, 1, kernel), channels, side, side, kernel);
}

function filtered(x: Float32Array, outer: number, n: number, inner: number, kernel: number[]): Float32Array {
  const radius = (kernel.length - 1) / 2;
  const y = new Float32Array(x.length);
  for (let i = 0; i < n; i++) {
    kernel.forEach((weight, j) => {
      const turned = (((i + j - radius) % (2 * n)) + 2 * n) % (2 * n);
      const source = turned < n ? turned : 2 * n - 1 - turned;
      for (let o = 0; o < outer; o++) {
        for (let k = 0; k < inner; k++) y[(o * n + i) * inner + k] += weight * x[(o * n + source) * inner + k];
      }
    });
  }
  return y;
}
