// The thread that computes with networks: one request at a time, in their order. Its name says which network it opens.
import * as ort from "onnxruntime-web/wasm";
import { Network, type Rule } from "./network.ts";
import { Stylizer } from "./stylizer.ts";
import { fetched, unpacked } from "../parts/files.ts";

export interface Requests {
  see: { x: Float32Array; layer: string };
  probabilities: { x: Float32Array; n: number };
  gradient: { unit: number; rule: Rule; from?: "strongest" | "middle" };
  paint: { x: Float32Array; width: number; mix: number[] };
}

type Answering = { [Kind in keyof Requests]: (content: Requests[Kind]) => Promise<unknown> };

const answering: Promise<Partial<Answering>> = start();

async function start(): Promise<Partial<Answering>> {
  ort.env.wasm.wasmBinary = await unpacked("engine.wasm.gz");
  ort.env.wasm.numThreads = self.crossOriginIsolated ? Math.min(4, navigator.hardwareConcurrency) : 1;
  const load = (file: string) => fetched(`data/${file}`);
  if (self.name === "stylizer") {
    const stylizer = await Stylizer.open(ort, load);
    return { paint: ({ x, width, mix }) => stylizer.paint(x, width, mix) };
  }
  const network = await Network.open(ort, load);
  return {
    see: ({ x, layer }) => network.see(x, layer),
    probabilities: ({ x, n }) => network.probabilities(x, n),
    gradient: ({ unit, rule, from }) => network.gradient(unit, rule, from),
  };
}

let last: Promise<void> = Promise.resolve();
self.onmessage = ({ data: { id, kind, content } }) => {
  last = last.then(async () => {
    try {
      const able = (await answering)[kind as keyof Requests] as (content: unknown) => Promise<unknown>;
      self.postMessage({ id, result: await able(content) });
    } catch (error) {
      self.postMessage({ id, error: String((error as Error)?.message ?? error) });
    }
  });
};
