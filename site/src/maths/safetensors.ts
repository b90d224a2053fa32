// Arrays out of a safetensors file in half or single precision (https://github.com/huggingface/safetensors).
export type Arrays = Record<string, Float32Array>;

const TYPES: Record<string, (buffer: ArrayBuffer) => Float32Array> = {
  F16: (buffer) => halves(new Uint16Array(buffer)),
  F32: (buffer) => new Float32Array(buffer),
};

export function arraysOf(bytes: Uint8Array<ArrayBuffer>): Arrays {
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length)));
  const found: Arrays = {};
  for (const [name, about] of Object.entries<{ dtype: string; data_offsets: [number, number] }>(header)) {
    if (name === "__metadata__") continue;
    const [from, to] = about.data_offsets;
    const read = TYPES[about.dtype];
    if (!read) throw new Error(`${name} is of type ${about.dtype}: expected F16 or F32`);
    found[name] = read(bytes.slice(8 + length + from, 8 + length + to).buffer);
  }
  return found;
}

// Half precision: a sign, five bits of exponent, ten of fraction.
export function halves(bits: Uint16Array): Float32Array {
  return Float32Array.from(bits, (half) => {
    const [sign, exponent, fraction] = [half & 0x8000 ? -1 : 1, (half >> 10) & 31, half & 1023];
    if (exponent === 31) return fraction ? NaN : sign * Infinity;
    return exponent ? sign * 2 ** (exponent - 15) * (1 + fraction / 1024) : sign * 2 ** -24 * fraction;
  });
}

// y = W x + b, W (rows, columns).
export function affine(W: Float32Array, x: ArrayLike<number>, b?: ArrayLike<number>): Float32Array {
  const columns = x.length;
  const y = new Float32Array(W.length / columns);
  for (let i = 0; i < y.length; i++) {
    let sum = b ? b[i] : 0;
    const row = i * columns;
    for (let j = 0; j < columns; j++) sum += W[row + j] * x[j];
    y[i] = sum;
  }
  return y;
}
