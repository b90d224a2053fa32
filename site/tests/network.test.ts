// The network in the pages' own engine, against PyTorch.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as ort from "onnxruntime-web";
import { Network, type Rule } from "../src/engine/network.ts";
import { covered, positions, spread } from "../src/maths/occlusion.ts";
import { about, bytes, floats, largestGap, relativeGap } from "./numbers.ts";

const PICTURE = 3 * 224 * 224;
ort.env.wasm.numThreads = 1;
const network = Network.open(ort, async (name) => bytes(`public/data/${name}`));
const inputs = floats("inputs.bin");

test("probabilities are PyTorch's to 1e-3 on every photograph", async () => {
  const wanted = floats("probabilities.bin");
  const net = await network;
  let most = 0;
  for (let i = 0; i < about.photographs; i++) {
    const found = await net.probabilities(inputs.slice(i * PICTURE, (i + 1) * PICTURE), 1);
    most = Math.max(most, largestGap(found, wanted.subarray(1000 * i, 1000 * (i + 1))));
  }
  console.log(`largest difference of a probability: ${most.toExponential(1)}`);
  assert.ok(most < 1e-3, `${most}`);
});

test("several pictures at once give what each gives alone", async () => {
  const net = await network;
  const both = await net.probabilities(inputs.slice(0, 2 * PICTURE), 2);
  const second = await net.probabilities(inputs.slice(PICTURE, 2 * PICTURE), 1);
  assert.ok(largestGap(both.subarray(1000), second) < 1e-5);
});

test("a unit's signal sent back by each rule is relu_gradient's to 1e-3", async () => {
  const net = await network;
  let most = 0;
  let looked = "";
  for (const { layer, unit, rule, file } of about.gradients) {
    if (layer !== looked) await net.see(inputs.slice(0, PICTURE), layer);
    looked = layer;
    const gap = relativeGap(await net.gradient(unit, rule as Rule), floats(file));
    most = Math.max(most, gap);
    assert.ok(gap < 1e-3, `${layer}, unit ${unit}, ${rule}: ${gap}`);
  }
  console.log(`largest difference of a signal: ${most.toExponential(1)} of its length`);
});

test("a picture of an odd side has a gradient of its own size, which a small step confirms", async () => {
  const net = await network;
  const side = 61;
  const x = Float32Array.from({ length: 3 * side * side }, (_, i) => Math.sin(0.05 * i) + Math.cos(0.31 * i));
  const middle = async (at: Float32Array) => {
    const { maps } = await net.see(at, "fire4");
    return maps.data[(11 * maps.height + Math.floor(maps.height / 2)) * maps.width + Math.floor(maps.width / 2)];
  };
  const before = await middle(x);
  const gradient = await net.gradient(11, "backprop", "middle");
  assert.equal(gradient.length, x.length);
  const size = gradient.reduce((sum, value) => sum + value * value, 0);
  const step = (1e-3 * Math.max(Math.abs(before), 1)) / size;
  const after = await middle(x.map((value, i) => value + step * gradient[i]));
  assert.ok(before > 0 && Math.abs((after - before) / (step * size) - 1) < 0.02, `${before} ${after} ${step * size}`);
});

test("a square over the picture costs what occlusion_map says", async () => {
  const { label, patch, stride, map, spread: wanted } = about.occlusion;
  const net = await network;
  const places = positions(224, patch, stride);
  assert.equal(places.length ** 2, map.length);
  for (const place of [0, 3, Math.floor(map.length / 2), map.length - 1]) {
    const [top, left] = [places[Math.floor(place / places.length)], places[place % places.length]];
    const found = await net.probabilities(covered(inputs.slice(0, PICTURE), top, left, patch), 1);
    assert.ok(Math.abs(found[label] - map[place]) < 1e-3, `place ${place}: ${found[label]} and ${map[place]}`);
  }
  assert.ok(largestGap(spread(map, 224, patch, stride).filter((_, i) => i % 97 === 0), wanted) < 1e-5);
});
