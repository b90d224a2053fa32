// The thread in which t-SNE runs: it hears new settings between two steps and shows maps as fast as one can watch.
import { Neighbours, scheduled, TSNE, unitMap, type Joint } from "../maths/tsne.ts";

export interface Settings {
  perplexity: number;
  exaggeration: number | null; // null: by the schedule
  rate: number | null;
  goal: number; // steps in all; fewer than were taken: it rests
}

export interface Start {
  X: Float32Array;
  count: number;
  Y: Float32Array;
}

export interface Frame {
  step: number;
  Y: Float32Array; // in -1..1
  divergence: number;
  exaggeration: number;
  rate: number;
  rests: boolean;
}

const EXAGGERATED = 250; // steps
const PACE = 100; // steps a second at most: faster, a small map would be done before anybody looks
const FRAME = 1000 / 15; // milliseconds between two frames; the page moves the points in between

let settings: Settings = { perplexity: 30, exaggeration: null, rate: null, goal: 0 };
let run = 0; // of the newest start

self.onmessage = ({ data }: MessageEvent<{ settings?: Settings; start?: Start }>) => {
  if (data.settings) settings = data.settings;
  if (data.start) void descend(data.start, ++run);
};

async function descend({ X, count, Y }: Start, own: number): Promise<void> {
  const tsne = new TSNE(Float64Array.from(Y));
  const neighbours = new Neighbours(X, count);
  let P: Joint | null = null;
  let [perplexity, shown, rested] = [0, 0, false];
  while (own === run) {
    if (tsne.step >= settings.goal) {
      if (!rested) frame(tsne, count, true);
      rested = true;
      await pause(30);
      continue;
    }
    rested = false;
    const begun = performance.now();
    if (!P || perplexity !== settings.perplexity) P = neighbours.joint((perplexity = settings.perplexity));
    const { exaggeration, rate } = now(tsne.step, count);
    tsne.advance(P, exaggeration, rate, tsne.step < EXAGGERATED ? 0.5 : 0.8);
    if (performance.now() - shown >= FRAME) {
      shown = performance.now();
      frame(tsne, count, false);
    }
    await pause(Math.max(0, 1000 / PACE - (performance.now() - begun)));
  }
}

function now(step: number, count: number): { exaggeration: number; rate: number } {
  const usual = scheduled(step, count, EXAGGERATED);
  return { exaggeration: settings.exaggeration ?? usual.exaggeration, rate: settings.rate ?? usual.rate };
}

function frame(tsne: TSNE, count: number, rests: boolean): void {
  const { step, divergence } = tsne;
  const shown: Frame = { step, Y: unitMap(tsne.Y), divergence, ...now(step, count), rests };
  self.postMessage(shown);
}

// A channel's message comes back at once where a timer would take 4 ms.
const channel = new MessageChannel();
function pause(milliseconds: number): Promise<void> {
  if (milliseconds >= 4) return new Promise((resolve) => setTimeout(resolve, milliseconds));
  return new Promise((resolve) => {
    channel.port1.onmessage = () => resolve();
    channel.port2.postMessage(null);
  });
}
