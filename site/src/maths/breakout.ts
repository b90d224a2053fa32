// Breakout on a grid, by the rules of `techniques.policy.breakout`, and the network that plays it.
import { affine, type Arrays } from "./safetensors.ts";

export const [ROWS, COLUMNS, TOP, WALL, WIDTH] = [14, 12, 2, 5, 3];
export const ACTIONS = ["stay", "left", "right"];
const [BRICKS, FLOOR, FIRST] = [WALL * COLUMNS, ROWS - 1, 5];
const [PADDLE, ROW, COLUMN, DOWN, ACROSS] = [0, 1, 2, 3, 4];
const MOVES = [0, -1, 1];

// (65,): paddle, ball's row and column, its direction (rows, columns), 60 bricks.
export type State = Int8Array;

export interface After {
  state: State;
  reward: number;
  over: boolean;
}

// The states of states.bin, uint8 (N, 13).
export function unpacked(bytes: Uint8Array): State[] {
  return Array.from({ length: bytes.length / 13 }, (_, i) => {
    const packed = bytes.subarray(13 * i, 13 * (i + 1));
    const state = new Int8Array(FIRST + BRICKS);
    for (let k = 0; k < FIRST; k++) state[k] = packed[k] - Number(k >= DOWN);
    for (let k = 0; k < BRICKS; k++) state[FIRST + k] = (packed[FIRST + (k >> 3)] >> (7 - (k & 7))) & 1;
    return state;
  });
}

export function begun(random: () => number = Math.random): State {
  const state = new Int8Array(FIRST + BRICKS).fill(1);
  state[ROW] = TOP + WALL + Math.floor(random() * (FLOOR - TOP - WALL));
  state[DOWN] = -1;
  state[ACROSS] = Math.floor(random() * 3) - 1;
  const column = Math.floor(random() * COLUMNS);
  state[COLUMN] = Math.min(Math.max(column, Number(state[ACROSS] === 1)), COLUMNS - 1 - Number(state[ACROSS] === -1));
  state[PADDLE] = Math.min(Math.max(state[COLUMN] - 1, 0), COLUMNS - WIDTH);
  return state;
}

export function step(before: State, action: number): After {
  const state = before.slice();
  const paddle = Math.min(Math.max(before[PADDLE] + MOVES[action], 0), COLUMNS - WIDTH);
  let [row, down] = [before[ROW], before[DOWN]];
  const column = before[COLUMN];
  let across = offWalls(column, before[ACROSS]);
  if (row + down < 0) [row, down] = [-1, 1]; // from above: it ends up in row 0
  const spot = column + across - paddle; // of the paddle's cells, where the ball would come down
  if (row + down === FLOOR && spot >= 0 && spot < WIDTH) {
    down = -1;
    across = offWalls(column, spot - 1);
  }
  const hit = brick(state, row + down, column + across);
  if (hit >= 0) {
    state[FIRST + hit] = 0;
    down = -down;
    if (brick(state, row + down, column + across) >= 0) across = -across;
  }
  state.set([paddle, row + down, column + across, down, across]);
  return { state, reward: Number(hit >= 0), over: state[ROW] === FLOOR || bricksLeft(state) === 0 };
}

export function bricksLeft(state: State): number {
  return state.subarray(FIRST).reduce((sum, one) => sum + one, 0);
}

function offWalls(column: number, across: number): number {
  return column + across < 0 || column + across >= COLUMNS ? -across : across;
}

// The number of the brick at a cell, or -1.
function brick(state: State, row: number, column: number): number {
  if (row < TOP || row >= TOP + WALL) return -1;
  const number = (row - TOP) * COLUMNS + column;
  return state[FIRST + number] === 1 ? number : -1;
}

// The cells (plane, row, column) in which a network sees a 1: paddle, ball, where it came from, bricks.
export function seen(state: State): [number, number, number][] {
  const cells: [number, number, number][] = [];
  for (let cell = 0; cell < WIDTH; cell++) cells.push([0, FLOOR, state[PADDLE] + cell]);
  cells.push([1, state[ROW], state[COLUMN]]);
  cells.push([2, Math.max(state[ROW] - state[DOWN], 0), state[COLUMN] - state[ACROSS]]);
  for (let k = 0; k < BRICKS; k++) {
    if (state[FIRST + k]) cells.push([3, TOP + Math.floor(k / COLUMNS), k % COLUMNS]);
  }
  return cells;
}

export class Agent {
  private columns: Float32Array; // the first layer's weights, (inputs, units)

  constructor(private weights: Arrays) {
    const W = weights["body.1.weight"];
    const units = weights["body.1.bias"].length;
    const inputs = W.length / units;
    this.columns = new Float32Array(W.length);
    for (let u = 0; u < units; u++) for (let i = 0; i < inputs; i++) this.columns[i * units + u] = W[u * inputs + i];
  }

  // Activations of the last hidden layer, and what each action is worth.
  look(state: State): { hidden: Float32Array; worth: Float32Array } {
    const first = this.weights["body.1.bias"].slice();
    for (const [plane, row, column] of seen(state)) {
      const start = ((plane * ROWS + row) * COLUMNS + column) * first.length;
      for (let u = 0; u < first.length; u++) first[u] += this.columns[start + u];
    }
    const hidden = rectified(affine(this.weights["body.3.weight"], rectified(first), this.weights["body.3.bias"]));
    return { hidden, worth: affine(this.weights["head.weight"], hidden, this.weights["head.bias"]) };
  }
}

export function best(worth: Float32Array): number {
  return worth.indexOf(worth.reduce((a, b) => Math.max(a, b)));
}

function rectified(x: Float32Array): Float32Array {
  return x.map((value) => Math.max(value, 0));
}
