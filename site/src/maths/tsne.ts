// t-SNE, step by step (van der Maaten & Hinton 2008): `techniques.embedding`.
const LONGEST = 5; // steps of a point, in units of the map: no setting may throw points out of sight

export interface Joint {
  starts: Int32Array; // (n + 1,) of each row's entries
  columns: Int32Array;
  values: Float32Array;
}

// The nearest neighbours of points (n, d), found once for every perplexity.
export class Neighbours {
  private squares: Float32Array;

  constructor(
    X: Float32Array,
    readonly count: number,
  ) {
    const d = X.length / count;
    this.squares = new Float32Array(count * count);
    for (let i = 0; i < count; i++) {
      for (let j = i + 1; j < count; j++) {
        let sum = 0;
        for (let k = 0; k < d; k++) sum += (X[i * d + k] - X[j * d + k]) ** 2;
        this.squares[i * count + j] = this.squares[j * count + i] = sum;
      }
    }
  }

  // Joint probabilities p_ij = (p_j|i + p_i|j) / 2n over the 3 x perplexity nearest of each.
  joint(perplexity: number): Joint {
    const n = this.count;
    const k = Math.min(n - 1, Math.trunc(3 * perplexity + 1));
    const dense = new Float32Array(n * n);
    for (let i = 0; i < n; i++) {
      const near = this.nearest(i, k);
      conditional(near.map((j) => this.squares[i * n + j]), Math.log(perplexity)).forEach((p, rank) => {
        dense[i * n + near[rank]] += p / (2 * n);
        dense[near[rank] * n + i] += p / (2 * n);
      });
    }
    return sparse(dense, n);
  }

  private nearest(i: number, k: number): number[] {
    const row = this.squares.subarray(i * this.count, (i + 1) * this.count);
    const others = row.slice();
    others[i] = Infinity;
    const bound = others.slice().sort()[k - 1];
    const found: number[] = [];
    others.forEach((square, j) => square <= bound && j !== i && found.push(j));
    return found.sort((a, b) => row[a] - row[b]).slice(0, k);
  }
}

// p_j|i from squared distances in rising order; the Gaussian's precision by bisection on the entropy (in nats).
export function conditional(squares: number[], wanted: number): number[] {
  const gaps = squares.map((square) => square - squares[0]);
  const scale = gaps.reduce((a, b) => a + b, 0) / gaps.length || 1;
  let [low, high, precision] = [0, Infinity, 1];
  for (let round = 0; ; round++) {
    const weights = gaps.map((gap) => Math.exp((-precision * gap) / scale));
    const total = weights.reduce((a, b) => a + b, 0);
    const mean = weights.reduce((sum, weight, i) => sum + weight * gaps[i], 0) / scale / total;
    const entropy = Math.log(total) + precision * mean;
    if (Math.abs(entropy - wanted) < 1e-5 || round === 100) return weights.map((weight) => weight / total);
    if (entropy > wanted) low = precision; // too many neighbours: a higher precision
    else high = precision;
    precision = high === Infinity ? 2 * precision : (low + high) / 2;
  }
}

function sparse(dense: Float32Array, n: number): Joint {
  const count = dense.reduce((sum, p) => sum + Number(p > 0), 0);
  const total = dense.reduce((sum, p) => sum + p, 0);
  const [starts, columns, values] = [new Int32Array(n + 1), new Int32Array(count), new Float32Array(count)];
  let at = 0;
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      const p = dense[i * n + j];
      if (p > 0) [columns[at], values[at++]] = [j, p / total];
    }
    starts[i + 1] = at;
  }
  return { starts, columns, values };
}

// Exaggeration and learning rate of the usual schedule (Belkina et al. 2019).
export function scheduled(step: number, n: number, exaggerated: number): { exaggeration: number; rate: number } {
  const exaggeration = step < exaggerated ? 12 : 1;
  return { exaggeration, rate: Math.max(n / (4 * exaggeration), 50) };
}

export class TSNE {
  step = 0;
  divergence = NaN; // KL(P || Q) at Y, without exaggeration
  private n: number;
  private velocity: Float64Array;
  private gains: Float64Array;
  private gradient: Float64Array;

  // Y (n, 2) is the first map, and moves with every step.
  constructor(readonly Y: Float64Array) {
    this.n = Y.length / 2;
    this.velocity = new Float64Array(Y.length);
    this.gains = new Float64Array(Y.length).fill(1);
    this.gradient = new Float64Array(Y.length);
  }

  // One step; `divergence` is then that of the map before it.
  advance(P: Joint, exaggeration: number, rate: number, momentum: number): void {
    const { Y, velocity, gains, gradient, n } = this;
    this.forces(P, exaggeration);
    for (let i = 0; i < Y.length; i++) {
      const against = gradient[i] > 0 !== velocity[i] > 0; // downhill and velocity agree: a longer step
      gains[i] = Math.max(against ? gains[i] + 0.2 : gains[i] * 0.8, 0.01);
      velocity[i] = momentum * velocity[i] - rate * gains[i] * gradient[i];
    }
    let [x, y] = [0, 0];
    for (let i = 0; i < n; i++) {
      const length = Math.hypot(velocity[2 * i], velocity[2 * i + 1]);
      const share = Math.min(1, LONGEST / Math.max(length, 1e-12));
      x += Y[2 * i] += velocity[2 * i] *= share;
      y += Y[2 * i + 1] += velocity[2 * i + 1] *= share;
    }
    for (let i = 0; i < n; i++) {
      Y[2 * i] -= x / n;
      Y[2 * i + 1] -= y / n;
    }
    this.step += 1;
  }

  // The gradient 4 sum_j (exaggeration p_ij - q_ij) (y_i - y_j) / (1 + |y_i - y_j|^2), and the divergence.
  private forces(P: Joint, exaggeration: number): void {
    const { force: repulsion, sum } = repelled(this.Y);
    const { force: attraction, energy } = attracted(this.Y, P);
    this.gradient.forEach((_, i) => {
      this.gradient[i] = 4 * (exaggeration * attraction[i] - repulsion[i] / sum);
    });
    this.divergence = energy + Math.log(sum);
  }
}

// sum_j (y_i - y_j) / (1 + d^2)^2 of each point, and the sum of 1 / (1 + d^2) over all ordered pairs.
function repelled(Y: Float64Array): { force: Float64Array; sum: number } {
  const force = new Float64Array(Y.length);
  let sum = 0;
  for (let i = 0; i < Y.length; i += 2) {
    const [xi, yi] = [Y[i], Y[i + 1]];
    let [fx, fy] = [0, 0];
    for (let j = i + 2; j < Y.length; j += 2) {
      const dx = xi - Y[j];
      const dy = yi - Y[j + 1];
      const w = 1 / (1 + dx * dx + dy * dy);
      sum += w;
      const square = w * w;
      fx += square * dx;
      fy += square * dy;
      force[j] -= square * dx;
      force[j + 1] -= square * dy;
    }
    force[i] += fx;
    force[i + 1] += fy;
  }
  return { force, sum: 2 * sum }; // each pair counts in both orders
}

// sum_j p_ij (y_i - y_j) / (1 + d^2) of each point, and the sum of p log p + p log(1 + d^2).
function attracted(Y: Float64Array, { starts, columns, values }: Joint): { force: Float64Array; energy: number } {
  const force = new Float64Array(Y.length);
  let energy = 0;
  for (let i = 0; i + 1 < starts.length; i++) {
    for (let at = starts[i]; at < starts[i + 1]; at++) {
      const [j, p] = [columns[at], values[at]];
      const dx = Y[2 * i] - Y[2 * j];
      const dy = Y[2 * i + 1] - Y[2 * j + 1];
      const stretch = 1 + dx * dx + dy * dy;
      energy += p * Math.log(p * stretch);
      force[2 * i] += (p * dx) / stretch;
      force[2 * i + 1] += (p * dy) / stretch;
    }
  }
  return { force, energy };
}

// The map moved and scaled, both axes alike, to fill -1..1.
export function unitMap(Y: ArrayLike<number>): Float32Array {
  const low = [Infinity, Infinity];
  const high = [-Infinity, -Infinity];
  for (let i = 0; i < Y.length; i++) {
    low[i % 2] = Math.min(low[i % 2], Y[i]);
    high[i % 2] = Math.max(high[i % 2], Y[i]);
  }
  const half = Math.max(high[0] - low[0], high[1] - low[1], 1e-30) / 2;
  return Float32Array.from(Y, (value, i) => (value - (low[i % 2] + high[i % 2]) / 2) / half);
}
