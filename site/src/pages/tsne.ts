// t-SNE that one can watch and steer: the map moves while it optimises (lecture section 1).
import about from "../../public/data/points.json";
import strip from "../../public/data/pictures.json";
import type { Frame, Settings, Start } from "../engine/tsne_worker.ts";
import { Demo } from "../parts/demo.ts";
import { button, element, select, slider } from "../parts/dom.ts";
import { fetched, picture } from "../parts/files.ts";
import { MapView, type Kinds, type Stamp } from "../views/map_view.ts";
import { TAB10 } from "../parts/palette.ts";
import { addQuiz } from "../views/quiz.ts";

const [STEPS, MORE] = [1000, 400]; // steps in all, and after a slider was moved
const DIGIT = 8; // pixels of a digit's side

const demo = new Demo();
const worker = new Worker(new URL("tsne_worker.js", document.baseURI), { type: "module" });
const row = element("div", demo.body, { className: "tsne" });
const view = new MapView(element("div", row, { className: "moving" }));
const panel = element("div", row, { className: "panel" });
const which = select(panel, "Points", [
  ["digits", `${about.digits.count} handwritten digits`],
  ["photographs", `${about.photographs.count} photographs, by SqueezeNet's codes`],
]);
const perplexity = slider(panel, "Perplexity: neighbours that count", { min: 2, max: 100, value: 30 });
const exaggeration = slider(panel, "Exaggeration: pulls groups together", { min: 1, max: 32, step: 0.5, value: 12 });
const rate = slider(panel, "Learning rate", {
  min: 0,
  max: 4,
  step: 0.05,
  value: 2,
  says: (value) => (10 ** value).toFixed(0),
});
const buttons = element("div", panel, { className: "buttons" });
button(buttons, "Start over", () => void begin());
button(buttons, "Go on", () => goOn());
const dots = button(buttons, "Dots", () => {
  view.pictures = !view.pictures;
  dots.setAttribute("aria-pressed", String(!view.pictures));
  view.ask();
});
dots.setAttribute("aria-pressed", "false");
const numbers = element("p", panel, { className: "numbers" });
addQuiz(panel);

let settings: Settings = { perplexity: 30, exaggeration: null, rate: null, goal: STEPS };
let steps = 0;
let newestBegin = 0;

worker.onmessage = ({ data }: MessageEvent<Frame>) => showFrame(data);
worker.onerror = () => demo.fail("t-SNE does not start: its file could not be read");
perplexity.addEventListener("input", () => steer({ perplexity: Number(perplexity.value) }));
exaggeration.addEventListener("input", () => steer({ exaggeration: Number(exaggeration.value) }));
rate.addEventListener("input", () => steer({ rate: 10 ** Number(rate.value) }));
which.addEventListener("change", () => void begin());
demo.onStop = () => {
  resting = null;
  send({ goal: 0 });
};
void begin();

// Begin again from the first two principal components, with the usual schedule.
async function begin(): Promise<void> {
  const own = ++newestBegin;
  const name = which.value as "digits" | "photographs";
  const { count } = about[name];
  const most = Math.max(3, Math.min(100, Math.floor((count - 2) / 2)));
  perplexity.max = String(most);
  perplexity.value = String(Math.min(30, Math.floor((count - 1) / 3)));
  perplexity.dispatchEvent(new Event("tell"));
  steps = 0;
  try {
    const [X, Y] = await Promise.all([floats(`${name}.bin`), floats(`${name}_start.bin`)]);
    const stamp = name === "digits" ? await digitStamp() : await photographStamp();
    if (own !== newestBegin) return;
    view.begin(name === "digits" ? digitKinds() : { of: [], names: [], colours: [TAB10[0]] }, stamp);
    const start: Start = { X, count, Y };
    settings = { perplexity: Number(perplexity.value), exaggeration: null, rate: null, goal: STEPS };
    worker.postMessage({ settings, start });
    follow();
  } catch (error) {
    demo.fail(error);
  }
}

function send(news: Partial<Settings>): void {
  settings = { ...settings, ...news };
  worker.postMessage({ settings });
}

function steer(news: Partial<Settings>): void {
  send({ ...news, goal: Math.max(settings.goal, steps + MORE) });
  follow();
}

function goOn(): void {
  send({ goal: steps + MORE });
  follow();
}

// Stop works from here on, until the map is at rest.
let resting: (() => void) | null = null;
function follow(): void {
  void demo.run("Looking for every point's neighbours ...", async () => {
    await new Promise<void>((resolve) => (resting = resolve));
    return "At rest. Move a slider or go on.";
  });
}

function showFrame(frame: Frame): void {
  steps = frame.step;
  view.aim(frame.Y);
  numbers.textContent = `Step ${steps} of ${Math.max(settings.goal, steps)}. KL divergence ${frame.divergence.toFixed(3)}`;
  if (settings.exaggeration === null) move(exaggeration, frame.exaggeration);
  if (settings.rate === null) move(rate, Math.log10(frame.rate));
  if (frame.step > 10) demo.ready();
  if (!resting) return; // it was stopped while this map was on its way
  if (frame.rests) resting();
  else demo.say(frame.exaggeration > 1 ? "Groups form: similarities are exaggerated." : "Groups unfold.");
}

// Move a slider that nobody has moved yet to what belongs to this stage.
function move(input: HTMLInputElement, value: number): void {
  input.value = String(value);
  input.dispatchEvent(new Event("tell"));
}

async function floats(file: string): Promise<Float32Array> {
  return new Float32Array((await fetched(`data/${file}`)).buffer);
}

function digitKinds(): Kinds {
  return { of: about.labels, names: Array.from({ length: 10 }, (_, i) => String(i)), colours: TAB10 };
}

// A digit as ink on nothing, in the colour of its kind; all of them on one sheet.
async function digitStamp(): Promise<Stamp> {
  const pixels = await fetched("data/digits_pixels.bin");
  const count = pixels.length / DIGIT ** 2;
  const sheet = element("canvas", null, { width: DIGIT, height: DIGIT * count });
  const image = new ImageData(DIGIT, DIGIT * count);
  pixels.forEach((level, i) => {
    const colour = TAB10[about.labels[Math.floor(i / DIGIT ** 2)]];
    const inks = [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
    image.data.set([...inks, (255 * level) / 16], 4 * i);
  });
  sheet.getContext("2d")!.putImageData(image, 0, 0);
  return (brush, i, x, y, side) => brush.drawImage(sheet, 0, DIGIT * i, DIGIT, DIGIT, x, y, side, side);
}

async function photographStamp(): Promise<Stamp> {
  const sheet = await picture("data/strip.webp");
  const { cell, columns } = strip;
  return (brush, i, x, y, side) => {
    const [left, top] = [cell * (i % columns), cell * Math.floor(i / columns)];
    brush.drawImage(sheet, left + 0.5, top + 0.5, cell - 1, cell - 1, x, y, side, side);
  };
}
