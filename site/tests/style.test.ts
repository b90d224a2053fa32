// The network that paints, and the film that does not flicker, against PyTorch.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as ort from "onnxruntime-web";
import { Stylizer } from "../src/engine/stylizer.ts";
import { MEAN, STD } from "../src/maths/pictures.ts";
import { Steady } from "../src/maths/steady.ts";
import { about, bytes, floats, largestGap } from "./numbers.ts";

const PLACES = 224 * 224;
ort.env.wasm.numThreads = 1;
const stylizer = Stylizer.open(ort, async (name) => bytes(`public/data/${name}`));
const x = floats("inputs.bin").slice(0, 3 * PLACES);
const plain = (values: Float32Array) =>
  values.map((value, i) => value * STD[Math.floor(i / PLACES)] + MEAN[Math.floor(i / PLACES)]);

test("a painting in two styles is PyTorch's to 1e-3", async () => {
  const found = await (await stylizer).paint(x, 224, about.painting.mix);
  const gap = largestGap(found.x, floats("painting.bin"));
  console.log(`largest difference of a painting: ${gap.toExponential(1)}`);
  assert.ok(gap < 1e-3, `${gap}`);
});

test("a picture that is no square is painted in its own shape", async () => {
  const found = await (await stylizer).paint(x.slice(0, 3 * 64 * 96), 96, about.painting.mix);
  assert.equal(found.x.length, 3 * 64 * 96);
});

test("a film is steadied as Steady does it", async () => {
  const film = new Steady();
  const wanted = floats("steadied.bin");
  for (const [number, frame] of [x, x, floats("dark.bin")].entries()) {
    const painted = await (await stylizer).paint(frame.slice(), 224, about.painting.mix);
    const found = film.next(plain(frame), painted.x, 224);
    const part = wanted.subarray(number * 3 * PLACES, (number + 1) * 3 * PLACES);
    assert.ok(largestGap(found, part) < 1e-3, `frame ${number}`);
  }
});
