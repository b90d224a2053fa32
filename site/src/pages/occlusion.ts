// Occlusion: drag a grey square over a picture and watch the class probabilities (lecture section 2).
import { Engine } from "../engine/client.ts";
import { covered, positions, rescaled, spread } from "../maths/occlusion.ts";
import { deprocess, preprocess, type Pixels } from "../maths/pictures.ts";
import { className, drawBars, top } from "../parts/bars.ts";
import { Chooser } from "../parts/chooser.ts";
import { Demo } from "../parts/demo.ts";
import { button, clamp, element, slider } from "../parts/dom.ts";
import { paletteBytes } from "../parts/palette.ts";
import { SquareCanvas } from "../views/square.ts";

const SIDE = 224; // pixels that the network sees
const STRIDES = [32, 16, 8]; // of the whole map, a coarse one first
const AT_ONCE = 4; // places between two pictures of the map
const INFERNO = paletteBytes("inferno");

interface Bare {
  x: Float32Array;
  probabilities: Float32Array;
  shown: number[]; // classes that have a bar
}

const demo = new Demo();
const engine = new Engine("squeezenet");
let bare: Bare | null = null;
let mapWanted = false;
let [asked, asking] = [false, false];

new Chooser(demo.body, { onPicture: (_, image) => void take(image), onError: (error) => demo.fail(error) });
const row = element("div", demo.body, { className: "occlude" });
const square = new SquareCanvas(row, SIDE, () => void follow());
const side = element("section", row, { className: "beliefs", ariaLabel: "What the network believes" });
element("h2", side, { textContent: "What the network believes" });
const list = element("div", side);
element("p", side, { className: "legend", textContent: "without the square" });
const controls = element("div", demo.body, { className: "controls" });
const patch = slider(controls, "Square", { min: 8, max: SIDE / 2, step: 2, value: SIDE / 4, says: (n) => `${n} pixels` });
const mapButton = button(controls, "Whole map", () => void toggleMap());
mapButton.setAttribute("aria-pressed", "false");
patch.addEventListener("input", () => {
  mapOff();
  square.resize(Number(patch.value));
});
demo.onStop = mapOff;
document.querySelector<HTMLButtonElement>(".thumb")?.click();

function take(image: Pixels): Promise<void> {
  mapOff();
  return demo.run("Looking at the picture ...", async (newest) => {
    const x = preprocess(image, SIDE);
    square.show(deprocess(x));
    const probabilities = await engine.ask("probabilities", { x, n: 1 });
    if (!newest()) return;
    bare = { x, probabilities, shown: top(probabilities, 5) };
    await follow();
  });
}

// What the network says with the square where it is now: one place in flight, the newest next.
async function follow(): Promise<void> {
  asked = true;
  if (asking || !bare) return;
  asking = true;
  try {
    while (asked) {
      asked = false;
      const from: Bare = bare;
      const x = covered(from.x, Math.round(square.top), Math.round(square.left), square.patch);
      const now = await engine.ask("probabilities", { x, n: 1 });
      if (from === bare) showBars(from, now);
    }
  } catch (error) {
    demo.fail(error);
  } finally {
    asking = false;
  }
}

// The five classes of the bare picture, and the one that leads now if it is none of them.
function showBars(from: Bare, now: Float32Array): void {
  const [leader] = top(now, 1);
  const shown = from.shown.includes(leader) ? from.shown : [...from.shown, leader];
  drawBars(list, shown.map((i) => ({ name: className(i), now: now[i], before: from.probabilities[i] })));
  demo.ready();
}

function toggleMap(): Promise<void> | void {
  if (mapWanted) {
    mapOff();
    return demo.run("", async () => "");
  }
  if (!bare) return;
  mapWanted = true;
  mapButton.setAttribute("aria-pressed", "true");
  return demo.run("Covering every place in turn ...", (newest) => wholeMap(bare!, square.patch, newest));
}

function mapOff(): void {
  mapWanted = false;
  mapButton.setAttribute("aria-pressed", "false");
  square.heat(null);
}

// What the square costs the first class, bright where most, ever finer.
async function wholeMap(from: Bare, size: number, newest: () => boolean): Promise<string | void> {
  const label = from.shown[0];
  const known = new Map<string, number>();
  const total = positions(SIDE, size, STRIDES.at(-1)!).length ** 2; // the coarser places are among the finer
  let guess = (_top: number, _left: number) => Math.max(...known.values()); // not covered yet: nothing lost so far
  for (const stride of STRIDES) {
    const places = positions(SIDE, size, stride);
    const all = places.flatMap((top) => places.map((left) => [top, left] as const));
    const missing = all.filter(([top, left]) => !known.has(`${top} ${left}`));
    for (let i = 0; i < missing.length; i += AT_ONCE) {
      const some = missing.slice(i, i + AT_ONCE);
      const found = await shares(from, label, some, size);
      if (!newest() || !mapWanted) return;
      some.forEach(([top, left], j) => known.set(`${top} ${left}`, found[j]));
      const heat = all.map(([top, left]) => known.get(`${top} ${left}`) ?? guess(top, left));
      square.heat(coloured(spread(heat, SIDE, size, stride)));
      demo.showProgress(known.size / total, `${known.size} of ${total} places`);
    }
    guess = (top, left) => known.get(nearest(places, top, left))!;
  }
  return "Bright: with the square here, the network loses its first class.";
}

async function shares(from: Bare, label: number, places: (readonly [number, number])[], size: number): Promise<number[]> {
  const x = new Float32Array(places.length * from.x.length);
  places.forEach(([top, left], i) => x.set(covered(from.x, top, left, size), i * from.x.length));
  const found = await engine.ask("probabilities", { x, n: places.length });
  return places.map((_, i) => found[(i * found.length) / places.length + label]);
}

function nearest(places: number[], top: number, left: number): string {
  const [row, column] = [top, left].map((at) =>
    places.reduce((best, place) => (Math.abs(place - at) < Math.abs(best - at) ? place : best)),
  );
  return `${row} ${column}`;
}

// The picture shows through where nothing is lost.
function coloured(heat: Float32Array): Pixels {
  const data = new Uint8ClampedArray(4 * heat.length);
  rescaled(heat).forEach((value, i) => {
    const cost = 1 - value;
    const level = clamp(Math.round(255 * cost), 0, 255);
    data.set(INFERNO.subarray(3 * level, 3 * level + 3), 4 * i);
    data[4 * i + 3] = 255 * (0.15 + 0.7 * cost);
  });
  return { data, width: SIDE, height: SIDE };
}
