// SqueezeNet in ONNX: what it makes of a picture, the maps of a layer, and a unit's signal sent back by a rule.
import type { InferenceSession, Tensor } from "onnxruntime-web";

export type Ort = Pick<typeof import("onnxruntime-web"), "InferenceSession" | "Tensor">;
export type Load = (file: string) => Promise<Uint8Array<ArrayBuffer>>;
export type Rule = "backprop" | "deconvnet" | "guided";

export interface Maps {
  data: Float32Array; // (channels, height, width)
  channels: number;
  height: number;
  width: number;
}

export interface Seen {
  probabilities: Float32Array;
  maps: Maps;
  milliseconds: number; // of the forward pass
}

const WEIGHTS = "squeezenet.bin";
const RULES: Record<Rule, { threshold: number; floor: number }> = {
  backprop: { threshold: 0, floor: -3e38 },
  deconvnet: { threshold: -1, floor: 0 },
  guided: { threshold: 0, floor: 0 },
};

export class Network {
  private seen: Record<string, Tensor> = {};
  private layer = "";
  private side = 0;
  private ways = new Map<string, Promise<InferenceSession>>();

  private constructor(
    private ort: Ort,
    private load: Load,
    private weights: Uint8Array<ArrayBuffer>,
    private session: InferenceSession,
  ) {}

  static async open(ort: Ort, load: Load): Promise<Network> {
    const [graph, weights] = await Promise.all([load("squeezenet.onnx"), load(WEIGHTS)]);
    return new Network(ort, load, weights, await opened(ort, graph, WEIGHTS, weights));
  }

  // Look at one normalised picture (3, side, side); what `gradient` needs is kept until the next look.
  async see(x: Float32Array, layer: string): Promise<Seen> {
    const side = Math.round(Math.sqrt(x.length / 3));
    const way = await this.way(layer);
    const wanted = way.inputNames.filter((name) => this.session.outputNames.includes(name));
    const names = [...new Set([...wanted, layer, "probabilities"])];
    const begun = performance.now();
    this.seen = await this.session.run({ x: this.tensor(x, [1, 3, side, side]) }, names);
    [this.layer, this.side] = [layer, side];
    const milliseconds = performance.now() - begun;
    return { probabilities: floats(this.seen.probabilities), maps: mapsOf(this.seen[layer]), milliseconds };
  }

  // Probabilities (n, 1000) of n normalised pictures (n, 3, side, side).
  async probabilities(x: Float32Array, n: number): Promise<Float32Array> {
    const side = Math.round(Math.sqrt(x.length / 3 / n));
    const found = await this.session.run({ x: this.tensor(x, [n, 3, side, side]) }, ["probabilities"]);
    return floats(found.probabilities);
  }

  // The signal of a unit of the layer that was looked at, sent back to the pixels: (3, side, side).
  // From where the unit is strongest, or from the middle of its map.
  async gradient(unit: number, rule: Rule, from: "strongest" | "middle" = "strongest"): Promise<Float32Array> {
    const way = await this.way(this.layer);
    const maps = mapsOf(this.seen[this.layer]);
    const { threshold, floor } = RULES[rule];
    const rest = BigInt((this.side - 3) % 2);
    const feeds: Record<string, Tensor> = {
      seed: this.tensor(seedOf(maps, unit, from), [1, maps.channels, maps.height, maps.width]),
      threshold: this.tensor(Float32Array.of(threshold), []),
      floor: this.tensor(Float32Array.of(floor), []),
      rest: new this.ort.Tensor("int64", BigInt64Array.of(0n, 0n, 0n, 0n, 0n, 0n, rest, rest), [8]),
    };
    for (const name of way.inputNames) feeds[name] ??= this.seen[name];
    return floats((await way.run(feeds)).gradient);
  }

  private way(layer: string): Promise<InferenceSession> {
    let way = this.ways.get(layer);
    if (!way) {
      way = this.load(`gradient_${layer}.onnx`).then((graph) => opened(this.ort, graph, WEIGHTS, this.weights));
      this.ways.set(layer, way);
    }
    return way;
  }

  private tensor(values: Float32Array, shape: number[]): Tensor {
    return new this.ort.Tensor("float32", values, shape);
  }
}

export function opened(
  ort: Ort,
  graph: Uint8Array,
  path: string,
  weights: Uint8Array<ArrayBuffer>,
): Promise<InferenceSession> {
  return ort.InferenceSession.create(graph, {
    executionProviders: ["wasm"],
    externalData: [{ path, data: weights }],
    logSeverityLevel: 3,
  });
}

export function floats(tensor: Tensor): Float32Array {
  return tensor.data as Float32Array;
}

function mapsOf(tensor: Tensor): Maps {
  const [, channels, height = 1, width = 1] = tensor.dims;
  return { data: floats(tensor), channels, height, width };
}

// 1 at the unit's strongest place, shared where several are as strong, as the gradient of a maximum is.
export function seedOf(maps: Maps, unit: number, from: "strongest" | "middle"): Float32Array {
  const places = maps.height * maps.width;
  const seed = new Float32Array(maps.data.length);
  if (from === "middle") {
    seed[unit * places + Math.floor(maps.height / 2) * maps.width + Math.floor(maps.width / 2)] = 1;
    return seed;
  }
  const own = maps.data.subarray(unit * places, (unit + 1) * places);
  const most = own.reduce((a, b) => Math.max(a, b), -Infinity);
  const count = own.reduce((sum, value) => sum + Number(value === most), 0);
  own.forEach((value, i) => (seed[unit * places + i] = value === most ? 1 / count : 0));
  return seed;
}
