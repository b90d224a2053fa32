// The thread that computes with networks: one request at a time, in their order.
import * as ort from "onnxruntime-web/wasm";
import { Network, type Rule } from "./network.ts";
import { fetched, unpacked } from "../parts/files.ts";

export interface Requests {
  see: { x: Float32Array; layer: string };
  probabilities: { x: Float32Array; n: number };
  gradient: { unit: number; rule: Rule; from?: "strongest" | "middle" };
}

const network = start();

async function start(): Promise<Network> {
  ort.env.wasm.wasmBinary = await unpacked("engine.wasm.gz");
  ort.env.wasm.numThreads = self.crossOriginIsolated ? Math.min(4, navigator.hardwareConcurrency) : 1;
  return Network.open(ort, (file) => fetched(`data/${file}`));
}

async function answer(kind: keyof Requests, content: never): Promise<unknown> {
  const net = await network;
  if (kind === "see") {
    const { x, layer } = content as Requests["see"];
    return net.see(x, layer);
  }
  if (kind === "probabilities") {
    const { x, n } = content as Requests["probabilities"];
    return net.probabilities(x, n);
  }
  const { unit, rule, from } = content as Requests["gradient"];
  return net.gradient(unit, rule, from);
}

let last: Promise<void> = Promise.resolve();
self.onmessage = ({ data: { id, kind, content } }) => {
  last = last.then(async () => {
    try {
      self.postMessage({ id, result: await answer(kind, content as never) });
    } catch (error) {
      self.postMessage({ id, error: String((error as Error)?.message ?? error) });
    }
  });
};
