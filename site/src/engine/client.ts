// The page's side of a worker: a request is a promise.
import type { Requests } from "./worker.ts";
import type { Seen } from "./network.ts";
import type { Painting } from "./stylizer.ts";

interface Answers {
  see: Seen;
  probabilities: Float32Array;
  gradient: Float32Array;
  paint: Painting;
}

export class Engine {
  private worker: Worker;
  private waiting = new Map<number, { resolve: (value: never) => void; reject: (error: Error) => void }>();
  private id = 0;

  constructor(network: "squeezenet" | "stylizer") {
    this.worker = new Worker(new URL("worker.js", document.baseURI), { type: "module", name: network });
    this.worker.onmessage = ({ data: { id, result, error } }) => {
      const one = this.waiting.get(id);
      this.waiting.delete(id);
      if (error === undefined) one?.resolve(result as never);
      else one?.reject(new Error(error));
    };
    this.worker.onerror = (event) => {
      const failed = new Error(`the network does not start: ${event.message || "its file could not be read"}`);
      for (const one of this.waiting.values()) one.reject(failed);
      this.waiting.clear();
    };
  }

  ask<Kind extends keyof Requests>(kind: Kind, content: Requests[Kind]): Promise<Answers[Kind]> {
    return new Promise((resolve, reject) => {
      this.waiting.set(++this.id, { resolve, reject });
      this.worker.postMessage({ id: this.id, kind, content });
    });
  }
}
