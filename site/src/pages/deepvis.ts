// DeepVis: what each unit of a network answers to, as in the toolbox of Yosinski et al. 2015 (lecture section 4).
import { Engine } from "../engine/client.ts";
import type { Rule, Seen } from "../engine/network.ts";
import { climbed, sideFor, STEPS } from "../maths/climb.ts";
import { deprocess, normalise, planes, preprocess, type Pixels } from "../maths/pictures.ts";
import { activationOver, gradientPicture, gridPicture, peaks, strongest } from "../maths/units.ts";
import { className, drawBars, top } from "../parts/bars.ts";
import { Chooser, photograph } from "../parts/chooser.ts";
import { breath, Demo } from "../parts/demo.ts";
import { blank, element, pen, pictureOf, select, show, slider } from "../parts/dom.ts";
import { UnitGrid } from "../views/grid.ts";
import { paletteBytes } from "../parts/palette.ts";
import { Rate } from "../parts/rate.ts";
import { likedPicture } from "../views/liked.ts";
import { drawPatches, LAYERS, patchesOf, type Patch } from "../views/patches.ts";

const SIDE = 224; // pixels that the network sees
const GRID = 500;
const TILE = 212;
const PAUSE = 250; // milliseconds between two signals that are sent back while the camera is on
const RULES: [Rule, string][] = [
  ["guided", "guided backprop"],
  ["deconvnet", "deconvnet"],
  ["backprop", "backprop"],
];
const INFERNO = paletteBytes("inferno");

const demo = new Demo();
const engine = new Engine("squeezenet");
const names = Object.keys(LAYERS);
const row = element("div", demo.body, { className: "deepvis" });
const left = element("section", row, { className: "input", ariaLabel: "The picture" });
const picture = pictureOf(left, "the picture as the network sees it", SIDE);
const beliefs = element("div", left, { className: "beliefs" });
const rate = new Rate(element("p", left, { className: "rate" }));
const middle = element("section", row, { className: "maps", ariaLabel: "The maps of a layer" });
const layerSlider = slider(middle, "Layer", {
  min: 0,
  max: names.length - 1,
  value: Math.floor(names.length / 2),
  says: (value) => names[value],
});
const grid = new UnitGrid(middle, (unit) => chooseUnit(unit));
const right = element("section", row, { className: "unit", ariaLabel: "One unit" });
const heading = element("h2", right, { textContent: "One unit" });
const tiles = element("div", right, { className: "tiles" });
const answers = tile("where it answers");
const rules = select(element("div", tiles, { className: "tile" }), "Sent back by", RULES);
const gradient = pictureOf(rules.closest(".tile")!, "what excites the unit, sent back to the pixels", TILE);
const patches = tile("top patches");
const optimised = tile("optimised picture");

let image: Pixels | null = null; // that was chosen, or the newest frame
let layer = names[Number(layerSlider.value)];
const units: Record<string, number> = {}; // layer -> the unit that was looked at last
const grown = new Map<string, Pixels>(); // what was optimised here to its end
const again = new Set<string>(); // what is optimised here although it was beforehand
let shown = ""; // layer and unit

const chooser = new Chooser(demo.body, {
  onPicture: (_, chosen) => {
    image = chosen;
    void look();
  },
  onCamera: (on) => void (on ? follow() : demo.run("", async () => "The camera is off.")),
  onError: (error) => demo.fail(error),
});
demo.body.prepend(demo.body.lastElementChild!);
demo.onStop = () => chooser.cameraOff();
layerSlider.addEventListener("input", () => {
  layer = names[Number(layerSlider.value)];
  if (!chooser.live) void look();
});
rules.addEventListener("change", () => {
  if (!chooser.live) void look();
});
void chooser.choose(0);

function tile(name: string): HTMLCanvasElement {
  const cell = element("div", tiles, { className: "tile" });
  element("h3", cell, { textContent: name });
  return pictureOf(cell, name, TILE);
}

function chooseUnit(unit: number): void {
  const key = `${layer} ${unit}`;
  if (shown === key) {
    grown.delete(key); // clicked once more: optimise it again
    again.add(key);
  }
  units[layer] = unit;
  if (!chooser.live) void look();
}

// Everything that is asked for, the quickest first; a newer wish takes over between any two parts.
function look(): Promise<void> {
  const [own, from] = [layer, image];
  if (!from) return Promise.resolve();
  return demo.run(`Looking into ${own} ...`, async (newest) => {
    const x = preprocess(from, SIDE);
    show(picture, deprocess(x));
    await breath();
    if (!newest()) return;
    const seen = await engine.ask("see", { x, layer: own });
    if (!newest()) return;
    const unit = units[own] ?? strongest(seen.maps);
    showSeen(seen, deprocess(x), own, unit);
    await sendBack(own, unit, newest);
    return study(own, unit, newest);
  });
}

interface Frame {
  frame: Pixels;
  own: string; // the layer
  seen: Seen;
}

// Frame after frame of the camera, the newest always. While one is drawn, the network looks at the next. To send a
// signal back takes as long as to look, so that is not done for every frame.
function follow(): Promise<void> {
  rate.forget();
  return demo.run("The camera is on.", async (newest) => {
    let coming = nextFrame(newest);
    for (let sent = 0; ; ) {
      const found = await coming;
      if (!found) return;
      const { frame, own, seen } = found;
      const unit = units[own] ?? strongest(seen.maps);
      const due = performance.now() - sent > PAUSE;
      const signal = due ? engine.ask("gradient", { unit, rule: rules.value as Rule }) : null;
      if (due) sent = performance.now();
      coming = nextFrame(newest);
      image = frame;
      show(picture, frame);
      showSeen(seen, frame, own, unit);
      const wanted = () => own === layer && unit === (units[own] ?? unit);
      void showGrown(own, unit, wanted);
      void showPatches(own, unit, wanted);
      if (signal) show(gradient, gradientPicture(await signal));
      rate.tick(`forward in ${seen.milliseconds.toFixed(0)} ms`);
      await breath();
    }
  });
}

// What the network makes of the camera's newest frame; null when the camera is off or something else is wanted.
async function nextFrame(newest: () => boolean): Promise<Frame | null> {
  while (newest() && chooser.live) {
    const [frame, own] = [chooser.frame(SIDE), layer];
    if (frame) {
      const seen = await engine.ask("see", { x: normalise(planes(frame)), layer: own });
      return newest() && chooser.live ? { frame, own, seen } : null;
    }
    await breath(20);
  }
  return null;
}

function showSeen(seen: Seen, pixels: Pixels, own: string, unit: number): void {
  const best = top(seen.probabilities, 5);
  drawBars(beliefs, best.map((index) => ({ name: className(index), now: seen.probabilities[index] })));
  grid.show(gridPicture(seen.maps, GRID, INFERNO), seen.maps.channels);
  grid.mark(unit);
  shown = `${own} ${unit}`;
  const answer = peaks(seen.maps)[unit];
  const words = answer > 0 ? `up to ${Number(answer.toPrecision(3))} here` : "silent here";
  heading.textContent = `${own}, unit ${unit}: ${words}`;
  show(answers, activationOver(pixels, seen.maps, unit));
  demo.ready();
  if (!chooser.live) rate.say(`Forward in ${seen.milliseconds.toFixed(0)} milliseconds.`);
}

async function sendBack(own: string, unit: number, newest: () => boolean): Promise<void> {
  const signal = await engine.ask("gradient", { unit, rule: rules.value as Rule });
  if (newest() && own === layer) show(gradient, gradientPicture(signal));
}

async function showPatches(own: string, unit: number, newest: () => boolean): Promise<Patch[]> {
  const found = await patchesOf(own, unit);
  if (newest()) await drawPatches(patches, found, newest);
  return found;
}

// The picture that was optimised for a unit, here or beforehand, and what to say of it; null if there is none yet.
async function showGrown(own: string, unit: number, newest: () => boolean): Promise<string | null> {
  const key = `${own} ${unit}`;
  const here = grown.get(key);
  const before = here || again.has(key) ? null : await likedPicture(own, unit);
  const known = here ?? before;
  if (newest()) known ? show(optimised, known) : blank(optimised);
  if (before) return "The picture was optimised beforehand: click the unit once more to watch it grow.";
  return here ? "" : null;
}

// The top patches, and the picture that the unit looks for, which grows while one watches.
async function study(own: string, unit: number, newest: () => boolean): Promise<string | void> {
  const known = await showGrown(own, unit, newest);
  const found = await showPatches(own, unit, newest);
  if (known !== null) return known;
  await breath(400); // a slider that is still moving goes on first
  if (!newest()) return;
  demo.say(`Optimising a picture for unit ${unit} of ${own} ...`);
  const side = sideFor(Math.max(...found.map((patch) => patch.extent)));
  let x = await meanPatch(found, side);
  const most = Math.floor(side / 30);
  for (let step = 0; step < STEPS && newest(); step++) {
    x = await climbed(x, (at) => unitGradient(at, own, unit), shift(step, most, 7), shift(step, most, 5));
    if (!newest()) return;
    demo.showProgress((step + 1) / STEPS);
    if (step % 2) show(optimised, deprocess(x));
  }
  grown.set(`${own} ${unit}`, deprocess(x));
}

// The gradient of the unit in the middle of its map; where it is silent, of what would raise it.
async function unitGradient(x: Float32Array, own: string, unit: number): Promise<Float32Array> {
  await engine.ask("see", { x, layer: own });
  const found = await engine.ask("gradient", { unit, rule: "backprop", from: "middle" });
  if (found.some((value) => value !== 0)) return found;
  return engine.ask("gradient", { unit, rule: "deconvnet", from: "middle" });
}

// A jitter in -most..most that looks random and is the same each time.
function shift(step: number, most: number, factor: number): number {
  return ((step * factor) % (2 * most + 1)) - most;
}

// The mean of the patches (3, side, side), normalised: on an empty picture most units are silent.
async function meanPatch(found: Patch[], side: number): Promise<Float32Array> {
  const canvas = element("canvas", null, { width: side, height: side });
  const sum = new Float32Array(3 * side * side);
  for (const { picture: number, left: x, top: y, width, height } of found) {
    pen(canvas).drawImage(await photograph(number), x, y, width, height, 0, 0, side, side);
    planes(pen(canvas).getImageData(0, 0, side, side)).forEach((value, i) => (sum[i] += value / found.length));
  }
  return normalise(sum);
}
