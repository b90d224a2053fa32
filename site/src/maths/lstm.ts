// A recurrent network that reads code character by character: `techniques.cells.network`.
//   i, f, o = sigmoid(W [h, x]),  g = tanh(W [h, x]),  c <- f c + i g,  h <- o tanh(c)
import { affine, type Arrays } from "./safetensors.ts";

export class Reader {
  readonly cells: number;
  private inputs: Float32Array[]; // what each character adds to the gates, (4 cells,)

  constructor(
    private weights: Arrays,
    private alphabet: string,
  ) {
    const bias = weights["lstm.bias_ih_l0"].map((value, i) => value + weights["lstm.bias_hh_l0"][i]);
    this.cells = bias.length / 4;
    const symbols = alphabet.length + 1;
    const characters = weights["characters.weight"];
    const width = characters.length / symbols;
    this.inputs = Array.from({ length: symbols }, (_, s) =>
      affine(weights["lstm.weight_ih_l0"], characters.subarray(s * width, (s + 1) * width), bias),
    );
  }

  start(): Memory {
    return { h: new Float32Array(this.cells), c: new Float32Array(this.cells) };
  }

  // The memory after one more character; what is not in the alphabet is one symbol.
  read(character: string, { h, c }: Memory): Memory {
    const at = this.alphabet.indexOf(character);
    const gates = affine(this.weights["lstm.weight_hh_l0"], h, this.inputs[at < 0 ? this.alphabet.length : at]);
    const n = this.cells;
    const next = this.start();
    for (let k = 0; k < n; k++) {
      next.c[k] = sigmoid(gates[n + k]) * c[k] + sigmoid(gates[k]) * Math.tanh(gates[2 * n + k]);
      next.h[k] = sigmoid(gates[3 * n + k]) * Math.tanh(next.c[k]);
    }
    return next;
  }

  // Natural logarithms of the next character's probabilities.
  logProbabilities({ h }: Memory): Float32Array {
    const scores = affine(this.weights["predict.weight"], h, this.weights["predict.bias"]);
    const most = scores.reduce((a, b) => Math.max(a, b));
    const sum = scores.reduce((total, score) => total + Math.exp(score - most), 0);
    return scores.map((score) => score - most - Math.log(sum));
  }

  // The characters that are expected most, invisible ones as signs, with their probabilities.
  guesses(memory: Memory, count = 5): [string, number][] {
    const found = this.logProbabilities(memory);
    const best = Array.from(found.keys()).sort((a, b) => found[b] - found[a]).slice(0, count);
    return best.map((s) => [SHOWN[this.alphabet[s]] ?? this.alphabet[s] ?? "?", Math.exp(found[s])]);
  }
}

export interface Memory {
  h: Float32Array;
  c: Float32Array;
}

const SHOWN: Record<string, string> = { "\n": "\u21b5", "\t": "\u21e5", " ": "\u2423" };

function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-x));
}
