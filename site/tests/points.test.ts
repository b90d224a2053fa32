// t-SNE, the reader of code and the agent against Python.
import assert from "node:assert/strict";
import { test } from "node:test";
import cells from "../public/data/cells.json";
import { Agent, best, bricksLeft, begun, step, unpacked } from "../src/maths/breakout.ts";
import { Reader } from "../src/maths/lstm.ts";
import { arraysOf, halves } from "../src/maths/safetensors.ts";
import { conditional, Neighbours, scheduled, TSNE, unitMap } from "../src/maths/tsne.ts";
import { about, bytes, largestGap, relativeGap } from "./numbers.ts";

const points = Float32Array.from(about.tsne.X as number[]);

test("joint probabilities are those of affinities", () => {
  const { starts, columns, values } = new Neighbours(points, about.tsne.count).joint(about.tsne.perplexity);
  const dense = new Float32Array(about.tsne.count ** 2);
  for (let i = 0; i < about.tsne.count; i++) {
    for (let at = starts[i]; at < starts[i + 1]; at++) dense[i * about.tsne.count + columns[at]] = values[at];
  }
  const gap = relativeGap(dense, about.tsne.P);
  assert.ok(gap < 1e-3, `${gap}`);
});

test("a row's perplexity is what was asked for, and equal distances share alike", () => {
  const p = conditional([1, 2, 4, 7, 9, 20, 30], Math.log(3));
  const entropy = -p.reduce((sum, one) => sum + one * Math.log(one), 0);
  assert.ok(Math.abs(Math.exp(entropy) - 3) < 1e-3);
  assert.deepEqual(conditional([5, 5, 5, 5], Math.log(3)), [0.25, 0.25, 0.25, 0.25]);
});

test("t-SNE's steps and divergences are tsne_steps'", () => {
  const { count, perplexity, exaggerated, maps, divergences } = about.tsne;
  const P = new Neighbours(points, count).joint(perplexity);
  const tsne = new TSNE(Float64Array.from(maps[0] as number[]));
  for (let i = 0; i + 1 < maps.length; i++) {
    const { exaggeration, rate } = scheduled(i, count, exaggerated);
    tsne.advance(P, exaggeration, rate, i < exaggerated ? 0.5 : 0.8);
    assert.ok(Math.abs(tsne.divergence - divergences[i]) < 1e-3, `divergence at step ${i}`);
    assert.ok(relativeGap(tsne.Y, maps[i + 1]) < 1e-2, `map after step ${i}: ${relativeGap(tsne.Y, maps[i + 1])}`);
  }
});

test("a map fills its square, both axes alike", () => {
  assert.deepEqual(Array.from(unitMap([0, 0, 4, 1])), [-1, -0.25, 1, 0.25]);
});

test("half precision is decoded", () => {
  const found = Array.from(halves(Uint16Array.of(0x3c00, 0xc000, 0x3555, 0x0001, 0x7c00, 0)));
  assert.deepEqual(found, [1, -2, 0.333251953125, 2 ** -24, Infinity, 0]);
});

test("the cells hold what they hold in PyTorch, and expect what it expects", () => {
  const reader = new Reader(arraysOf(bytes("public/data/cells.safetensors")), cells.alphabet);
  let memory = reader.start();
  const memories = Array.from(cells.example, (character) => (memory = reader.read(character, memory)));
  for (const [cell, wanted] of Object.entries<number[]>(about.cells.cells)) {
    assert.ok(largestGap(memories.map(({ c }) => Math.tanh(c[Number(cell)])), wanted) < 1e-3, `cell ${cell}`);
  }
  about.cells.places.forEach((place: number, i: number) => {
    assert.ok(largestGap(reader.logProbabilities(memories[place]), about.cells.log_probabilities[i]) < 1e-3);
    const shown = reader.guesses(memories[place]).map(([name]) => name);
    assert.deepEqual(shown, about.cells.shown[i].map(([name]: [string]) => name));
  });
});

test("the game goes by Python's rules", () => {
  for (const { states, actions, after, rewards, over } of about.agent.film) {
    states.forEach((state: number[], i: number) => {
      const found = step(Int8Array.from(state), actions[i]);
      assert.deepEqual([Array.from(found.state), found.reward, found.over], [after[i], rewards[i], over[i]]);
    });
  }
});

test("the agent thinks of the states what it thinks in PyTorch", () => {
  const agent = new Agent(arraysOf(bytes("public/data/agent.safetensors")));
  const states = unpacked(bytes("public/data/states.bin"));
  about.agent.worth.forEach((wanted: number[], i: number) => {
    const { hidden, worth } = agent.look(states[i]);
    assert.ok(largestGap(worth, wanted) < 1e-3);
    assert.ok(largestGap(hidden, about.agent.hidden[i]) < 1e-3);
    assert.equal(best(worth), wanted.indexOf(Math.max(...wanted)));
  });
});

test("a game begins with a whole wall and can be played to its end", () => {
  for (let seed = 0; seed < 50; seed++) {
    let at = seed;
    let state = begun(() => (at = (at * 16807 + 11) % 2147483647) / 2147483647);
    assert.equal(bricksLeft(state), 60);
    let [over, points_] = [false, 0];
    for (let frame = 0; !over && frame < 5000; frame++) {
      const after = step(state, frame % 3);
      points_ += after.reward;
      [state, over] = [after.state, after.over];
    }
    assert.ok(over);
    assert.equal(bricksLeft(state), 60 - points_);
  }
});
