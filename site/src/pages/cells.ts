// Code coloured by one cell of a recurrent network that reads it (lecture section 0; Karpathy et al. 2015).
import about from "../../public/data/cells.json";
import { Reader, type Memory } from "../maths/lstm.ts";
import { arraysOf } from "../maths/safetensors.ts";
import { breath, Demo } from "../parts/demo.ts";
import { button, element, select } from "../parts/dom.ts";
import { fetched } from "../parts/files.ts";
import { shade } from "../parts/palette.ts";

const PAUSE = 200; // milliseconds without a key after which the text is read
const TURN = 25; // milliseconds of reading between two looks at what the reader wants
const OTHER = "-1";

const demo = new Demo();
const reader = fetched("data/cells.safetensors").then((bytes) => new Reader(arraysOf(bytes), about.alphabet));
const label = element("label", demo.body, { className: "code-label" });
element("span", label, { textContent: "Code that the network reads" });
const area = element("textarea", label, { className: "code", rows: 12, spellcheck: false, value: about.example });
area.setAttribute("autocapitalize", "off");
area.wrap = "off";
const tools = element("div", demo.body, { className: "controls" });
const input = element("input", tools, { type: "file", accept: ".c,.h,.txt,text/*", hidden: true, ariaLabel: "A file of code" });
button(tools, "Open a file ...", () => input.click());
element("span", tools, { className: "soft", textContent: "Tab leaves the field. The arrow keys move the place whose guesses are shown." });
const choice = element("div", demo.body, { className: "controls" });
const which = select(choice, "Cell that follows", [
  ...about.found.map(({ name, cell }): [string, string] => [String(cell), `${name} (cell ${cell})`]),
  [OTHER, "any other"],
]);
const numberLabel = element("label", choice, { className: "select" });
element("span", numberLabel, { textContent: "Number of the cell" });
const number = element("input", numberLabel, { type: "number", min: "0", max: "255", value: which.value });
const sentence = element("p", demo.body, { className: "soft" });
const coloured = element("pre", demo.body, { className: "coloured", tabIndex: 0, ariaLabel: "The code in the colours of the cell" });
coloured.setAttribute("role", "region");
const guesses = element("p", demo.body, { className: "guesses" });

let text = "";
let memories: Memory[] = []; // after each character of the text
let timer = 0;
let before = area.value;

area.addEventListener("input", changed);
for (const event of ["keyup", "click", "select"]) area.addEventListener(event, () => void showGuesses());
which.addEventListener("change", () => {
  if (which.value !== OTHER) number.value = which.value;
  paint();
});
number.addEventListener("input", () => {
  number.value = String(Math.min(Math.max(Math.round(Number(number.value)) || 0, 0), 255));
  which.value = about.found.some(({ cell }) => String(cell) === number.value) ? number.value : OTHER;
  paint();
});
input.addEventListener("change", () => void openFile());
void take(area.value);

function changed(): void {
  if (area.value.length > about.longest) {
    demo.fail(tooLong("the text", area.value.length));
    area.value = before;
    return;
  }
  before = area.value;
  clearTimeout(timer);
  timer = window.setTimeout(() => void take(area.value), PAUSE);
}

async function openFile(): Promise<void> {
  const file = input.files?.[0];
  input.value = "";
  if (!file) return;
  try {
    if (file.size > 4 * about.longest) throw new Error(tooLong(file.name, file.size));
    const found = decoded(new Uint8Array(await file.arrayBuffer()), file.name);
    if (found.length > about.longest) throw new Error(tooLong(file.name, found.length));
    area.value = before = found;
    area.setSelectionRange(0, 0);
    await take(found);
  } catch (error) {
    demo.fail(error);
  }
}

function decoded(bytes: Uint8Array, name: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes).replace(/\r\n?/g, "\n");
  } catch {
    throw new Error(`${name} is not UTF-8: save it as UTF-8, or choose a text file.`);
  }
}

function tooLong(name: string, length: number): string {
  const [has, most] = [length, about.longest].map((value) => value.toLocaleString("en"));
  return `${name} has ${has} characters, and ${most} are read here: take a part of it. The text of before is still there.`;
}

// Read a text from an empty memory; typing goes on meanwhile. What cannot be read leaves what was there.
function take(wanted: string): Promise<void> {
  return demo.run("Reading ...", async (newest) => {
    if (!wanted.trim()) throw new Error("The text is empty: give it a line of C at least.");
    if (wanted.includes("\0")) throw new Error("The text has zero bytes in it, so it is no source text: choose another file.");
    const network = await reader;
    const found: Memory[] = [];
    let [memory, begun] = [network.start(), performance.now()];
    for (const character of wanted) {
      found.push((memory = network.read(character, memory)));
      if (performance.now() - begun < TURN) continue;
      demo.showProgress(found.length / wanted.length);
      await breath();
      if (!newest()) return;
      begun = performance.now();
    }
    [text, memories] = [wanted, found];
    paint();
    return "Read to the end.";
  });
}

// Colour the text that was read by the cell that is chosen.
function paint(): void {
  if (!text) return;
  const cell = Number(number.value);
  coloured.replaceChildren();
  let [colour, run] = ["", ""];
  const put = () => {
    if (run) element("span", coloured, { textContent: run }).style.background = colour;
  };
  Array.from(text).forEach((character, i) => {
    const next = shade(Math.tanh(memories[i].c[cell]));
    if (next !== colour) {
      put();
      [colour, run] = [next, ""];
    }
    run += character;
  });
  put();
  sentence.textContent = sentenceOn(cell); // last: it speaks of the colours that are there by then
  void showGuesses();
  demo.ready();
}

function sentenceOn(cell: number): string {
  const found = about.found.find((one) => one.cell === cell);
  if (!found) return `Cell ${cell}: the program did not choose it for anything. See whether you find what it follows.`;
  return `Cell ${cell} follows ${found.name}: ${found.kind} ${found.measure.toFixed(2)} on a file that it never saw.`;
}

async function showGuesses(): Promise<void> {
  const network = await reader;
  // positions count UTF-16 units in the field and characters here
  const place = Math.min(Array.from(area.value.slice(0, area.selectionStart)).length, memories.length);
  if (place === 0) {
    guesses.textContent = "Put the caret behind a character to see what the network expects to come next.";
    return;
  }
  guesses.textContent = "Expected at the caret: ";
  for (const [name, share] of network.guesses(memories[place - 1])) {
    const guess = element("span", guesses, { className: "guess" });
    element("b", guess, { textContent: name });
    guess.append(` ${Math.round(100 * share)}%`);
  }
}
