// Pictures, maps and what is drawn of them, against PyTorch and by hand.
import assert from "node:assert/strict";
import { test } from "node:test";
import { climbed, rolled } from "../src/maths/climb.ts";
import { blur, deprocess, preprocess, resize } from "../src/maths/pictures.ts";
import { activationOver, brightest, gradientPicture, gridPicture, quantile } from "../src/maths/units.ts";
import { about, file, floats, largestGap } from "./numbers.ts";

const GREYS = Uint8Array.from({ length: 768 }, (_, i) => Math.floor(i / 3));

test("resizing is PyTorch's, up and down", () => {
  for (const { from, to, x, y } of about.resizes) {
    const found = resize(Float32Array.from(x), 2, from[0], from[1], to[0], to[1]);
    assert.ok(largestGap(found, y) < 1e-6, `${from} to ${to}`);
  }
});

test("a photograph's pixels become what the network takes in Python", () => {
  const { width, height } = about.pictures;
  const found = preprocess({ data: new Uint8ClampedArray(file("photograph.bin")), width, height });
  const gap = largestGap(found, floats("inputs.bin").subarray(0, 3 * 224 * 224));
  assert.ok(gap < 1e-4, `${gap}`); // one level of a pixel is 0.02
});

test("a blur is imageops.blur", () => {
  const { sharp, blurred } = about.pictures;
  assert.ok(largestGap(blur(Float32Array.from(sharp), 3, 9, 0.8), blurred) < 1e-6);
});

test("deprocess undoes normalisation", () => {
  const grey = Float32Array.from({ length: 12 }, (_, i) => (0.5 - [0.485, 0.456, 0.406][Math.floor(i / 4)]) / [0.229, 0.224, 0.225][Math.floor(i / 4)]);
  const { data, width } = deprocess(grey);
  assert.equal(width, 2);
  for (let i = 0; i < 16; i++) assert.ok(i % 4 === 3 ? data[i] === 255 : Math.abs(data[i] - 127.5) <= 0.5);
});

test("the brightest colour stands for what brightest says in Python", () => {
  const maps = { data: Float32Array.from(about.pictures.maps), channels: 40, height: 3, width: 3 };
  assert.ok(Math.abs(brightest(maps) / about.pictures.brightest - 1) < 1e-6);
});

test("quantiles lie between the values", () => {
  assert.equal(quantile(Float32Array.of(3, 1, 2), 0.5), 2);
  assert.equal(quantile(Float32Array.of(0, 10), 0.25), 2.5);
});

test("the grid puts each map in its place, with lines between", () => {
  const data = Float32Array.of(1, 1, 1, 1, 0, 0, 0, 0, -5, -5, -5, -5);
  const { image, columns, cell } = gridPicture({ data, channels: 3, height: 2, width: 2 }, 10, GREYS);
  assert.deepEqual([columns, cell, image.width, image.height], [2, 5, 10, 10]);
  const level = (row: number, column: number) => image.data[4 * (row * 10 + column)];
  assert.deepEqual([level(0, 0), level(3, 3), level(0, 4), level(0, 5), level(5, 0)], [255, 255, 40, 0, 0]);
});

test("a gradient of nothing is grey, and its sign is seen", () => {
  assert.ok(gradientPicture(new Float32Array(12)).data.every((value, i) => (i % 4 === 3 ? value === 255 : value === 128)));
  const { data } = gradientPicture(Float32Array.of(1, -1, 1, -1, 0, 0, 0, 0, 0, 0, 0, 0));
  assert.deepEqual([data[0], data[4], data[1]], [255, 0, 128]);
});

test("rolling there and back changes nothing, and moves to the right and down", () => {
  const x = Float32Array.from({ length: 27 }, (_, i) => i);
  assert.deepEqual(rolled(rolled(x, 3, 1, 2), 3, -1, -2), x);
  assert.equal(rolled(x, 3, 1, 0)[1], x[0]);
  assert.equal(rolled(x, 3, 0, 1)[3], x[0]);
});

test("a step climbs, by the same mean size whatever the gradient's", async () => {
  const x = new Float32Array(3 * 40 * 40);
  for (const size of [1e-6, 1e6]) {
    const up = await climbed(x, async (at) => at.map(() => size), 1, 1);
    assert.ok(up.every((value) => Math.abs(value - 0.06) < 1e-4));
  }
});

test("a picture is bright where its unit answers, whatever kind of object it is", () => {
  class Shown {
    data = new Uint8ClampedArray(16).fill(200);
    get width() {
      return 2; // as in ImageData, which does not hold it itself
    }
    get height() {
      return 2;
    }
  }
  const maps = { data: Float32Array.of(-1, 0, 5, 10), channels: 1, height: 2, width: 2 };
  const { data, width, height } = activationOver(new Shown(), maps, 0);
  assert.deepEqual([width, height], [2, 2]);
  assert.deepEqual([data[0], data[4], data[8], data[12], data[3]], [24, 24, 112, 200, 200]);
});
