// Paintings of a film's frames that do not flicker where the film stands still: `techniques.fast_style.steady`.
const [FLOOR, GAIN, NEAR] = [0.25, 8, 5];

export class Steady {
  private frame: Float32Array | null = null;
  private painting: Float32Array | null = null;

  // The next frame and its painting, (3, height, width) in 0..1, of one width throughout a film.
  next(frame: Float32Array, painting: Float32Array, width: number): Float32Array {
    const { frame: before, painting: painted } = this;
    if (before && painted && before.length === frame.length) {
      const places = frame.length / 3;
      const change = new Float32Array(places);
      for (let i = 0; i < frame.length; i++) change[i % places] += Math.abs(frame[i] - before[i]) / 3;
      const near = averaged(change, width);
      painting = painting.map((value, i) => {
        const share = Math.min(FLOOR + GAIN * near[i % places], 1);
        return painted[i] + share * (value - painted[i]);
      });
    }
    [this.frame, this.painting] = [frame, painting];
    return painting;
  }

  forget(): void {
    this.frame = this.painting = null;
  }
}

// The mean over the NEAR x NEAR places around each, as far as there are any.
function averaged(x: Float32Array, width: number): Float32Array {
  return across(across(x, x.length / width, width, 1, width), width, x.length / width, width, 1);
}

// Running means along one direction of `count` lines of `n` places, `step` apart; lines are `line` apart.
function across(x: Float32Array, count: number, n: number, step: number, line: number): Float32Array {
  const half = (NEAR - 1) / 2;
  const y = new Float32Array(x.length);
  for (let l = 0; l < count; l++) {
    for (let i = 0; i < n; i++) {
      const [first, last] = [Math.max(i - half, 0), Math.min(i + half, n - 1)];
      let sum = 0;
      for (let j = first; j <= last; j++) sum += x[l * line + j * step];
      y[l * line + i * step] = sum / (last - first + 1);
    }
  }
  return y;
}
