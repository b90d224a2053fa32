// The camera in a painter's hand: Johnson's network in one pass for each frame (lecture section 7).
import styles from "../../public/data/styles.json";
import { Engine } from "../engine/client.ts";
import { normalise, planes, rgba, type Pixels } from "../maths/pictures.ts";
import { Steady } from "../maths/steady.ts";
import { Chooser } from "../parts/chooser.ts";
import { breath, Demo } from "../parts/demo.ts";
import { button, element, pen, pictureOf, show, slider } from "../parts/dom.ts";
import { Rate } from "../parts/rate.ts";

const SIDE = 192; // pixels of a picture while the camera runs
const STILL = 384; // of a still picture's shorter side
const FOLD = 4; // sides are multiples of it

const demo = new Demo();
const engine = new Engine("stylizer");
const film = new Steady();
let image: Pixels | null = null;
const chooser = new Chooser(demo.body, {
  onPicture: (_, chosen) => {
    image = chosen;
    void paintStill();
  },
  onCamera: (on) => void (on ? follow() : demo.run("", async () => "The camera is off.")),
  onError: (error) => demo.fail(error),
});
const controls = element("div", demo.body, { className: "controls" });
const style = slider(controls, "Style", { min: 0, max: styles.length - 1, step: 0.05, value: 0, says: mixture });
const save = element("a", null, { download: "painting.png" });
button(controls, "Take a photograph", takePhotograph);
const both = element("div", demo.body, { className: "both" });
const original = pictureOf(both, "the picture", STILL);
const painting = pictureOf(both, "its painting", STILL);
const rate = new Rate(element("p", demo.body, { className: "rate" }));

demo.onStop = () => chooser.cameraOff();
style.addEventListener("input", () => {
  if (!chooser.live) void paintStill(); // the next frame comes in the new style by itself
});
void chooser.choose(0);

// How much of each style a place on the slider means: between two numbers, their styles mix.
function mix(): number[] {
  const value = Number(style.value);
  return styles.map((_, i) => Math.max(0, 1 - Math.abs(value - i)));
}

function mixture(value: number): string {
  const named = styles.map((name, i) => [name.replaceAll("_", " "), Math.max(0, 1 - Math.abs(value - i))] as const);
  const used = named.filter(([, share]) => share > 1e-6);
  return used.map(([name, share]) => (used.length > 1 ? `${Math.round(100 * share)}% ${name}` : name)).join(", ");
}

function paintStill(): Promise<void> {
  const from = image;
  if (!from) return Promise.resolve();
  return demo.run("Painting ...", async (newest) => {
    await breath(30); // a slider that is still moving goes on first
    if (!newest()) return;
    const fitted = fit(from, STILL);
    show(original, fitted);
    const painted = await engine.ask("paint", { x: normalise(planes(fitted)), width: fitted.width, mix: mix() });
    if (!newest()) return;
    show(painting, rgba(painted.x, fitted.width));
    rate.say(`One pass: ${painted.milliseconds.toFixed(0)} milliseconds.`);
    demo.ready();
  });
}

function follow(): Promise<void> {
  film.forget();
  rate.forget();
  return demo.run("The camera is on.", async (newest) => {
    while (newest() && chooser.live) {
      const frame = chooser.frame(SIDE);
      if (!frame) {
        await breath(20);
        continue;
      }
      const x = planes(frame);
      const painted = await engine.ask("paint", { x: normalise(x), width: SIDE, mix: mix() });
      if (!newest() || !chooser.live) return;
      image = frame;
      show(original, frame);
      show(painting, rgba(film.next(x, painted.x, SIDE), SIDE));
      rate.tick(`each in one pass of ${painted.milliseconds.toFixed(0)} ms`);
      await breath();
    }
  });
}

// The picture with a shorter side of `side` pixels, both sides cut to multiples of 4.
function fit(from: Pixels, side: number): Pixels {
  const source = element("canvas", null);
  show(source, from);
  const scale = side / Math.min(from.width, from.height);
  const [width, height] = [from.width, from.height].map((length) => Math.floor((length * scale) / FOLD) * FOLD);
  const target = element("canvas", null, { width, height });
  pen(target).imageSmoothingQuality = "high";
  pen(target).drawImage(source, 0, 0, width, height);
  return pen(target).getImageData(0, 0, width, height);
}

function takePhotograph(): void {
  painting.toBlob((blob) => {
    if (!blob) return;
    save.href = URL.createObjectURL(blob);
    save.click();
    setTimeout(() => URL.revokeObjectURL(save.href), 10_000);
  });
}
