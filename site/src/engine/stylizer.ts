// The network that paints a picture in one pass, in styles that mix: `techniques.fast_style`.
import type { InferenceSession } from "onnxruntime-web";
import { floats, opened, type Load, type Ort } from "./network.ts";

export interface Painting {
  x: Float32Array; // (3, height, width) in 0..1
  milliseconds: number;
}

export class Stylizer {
  private constructor(
    private ort: Ort,
    private session: InferenceSession,
  ) {}

  static async open(ort: Ort, load: Load): Promise<Stylizer> {
    const [graph, weights] = await Promise.all([load("stylizer.onnx"), load("stylizer.bin")]);
    return new Stylizer(ort, await opened(ort, graph, "stylizer.bin", weights));
  }

  // Paint a normalised picture (3, height, width), whose sides are multiples of 4, with so much of each style.
  async paint(x: Float32Array, width: number, mix: number[]): Promise<Painting> {
    const begun = performance.now();
    const found = await this.session.run({
      x: new this.ort.Tensor("float32", x, [1, 3, x.length / 3 / width, width]),
      mix: new this.ort.Tensor("float32", Float32Array.from(mix), [1, mix.length]),
    });
    return { x: floats(found.painting), milliseconds: performance.now() - begun };
  }
}
