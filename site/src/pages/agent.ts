// The map of an agent's states: where it thinks alike, and the game from any of them on (lecture section 1).
import about from "../../public/data/bugs.json";
import { ACTIONS, Agent, begun, best, bricksLeft, step, unpacked, type State } from "../maths/breakout.ts";
import { arraysOf } from "../maths/safetensors.ts";
import { breath, Demo } from "../parts/demo.ts";
import { button, element, select } from "../parts/dom.ts";
import { fetched } from "../parts/files.ts";
import { drawGame, GAME } from "../views/game.ts";
import { StateMap } from "../views/state_map.ts";

const PACE = 90; // milliseconds of a frame
const TURN = 25; // milliseconds of thinking between two breaths

const demo = new Demo();
const row = element("div", demo.body, { className: "agent" });
const left = element("div", row, { className: "moving" });
const view = new StateMap(left, (number) => jump(number));
const panel = element("div", row, { className: "panel" });
const colours = select(panel, "Colours", [
  ["value", "value that the agent expects"],
  ["bricks", "bricks that are left"],
  ["frames", "frames since the game began"],
  ["action", "action that it takes"],
]);
const game = element("canvas", panel, { className: "game", ...GAME });
game.setAttribute("role", "img");
game.setAttribute("aria-label", "The game, as the agent plays it");
const words = element("p", panel, { className: "numbers" });
const buttons = element("div", panel, { className: "buttons" });
const playing = button(buttons, "Play", () => (running ? demo.stop() : void play()));
button(buttons, "One frame", () => {
  if (running) demo.stop();
  advance();
});
button(buttons, "New game", () => {
  forgetBug();
  show(begun(), nearest, true);
});
element("h2", panel, { textContent: "Policy bugs that it has" });
const bugs = select(panel, "Bug", about.bugs.map((bug, i) => [String(i), bug.words]));
bugs.size = Math.max(about.bugs.length, 2);
if (!about.bugs.length) element("option", bugs, { textContent: `none in ${about.games} games`, disabled: true });
bugs.ariaLabel = "Bug"; // and not what is chosen, too
bugs.selectedIndex = -1;
const belonging = element("p", panel, { className: "soft" });

let agent: Agent;
let states: State[] = [];
let hidden: Float32Array[] = []; // of each state, the activations that made the map
let clusters: Uint8Array = new Uint8Array(); // of each state
let [state, points, running] = [begun(), 0, false];

colours.addEventListener("change", recolour);
bugs.addEventListener("change", chooseBug);
demo.onStop = () => rest();
void start();

let values: Record<string, number[]> = {};

function start(): Promise<void> {
  return demo.run("Looking at 10,000 states ...", async () => {
    const files = ["agent.safetensors", "states.bin", "map.bin", "frames.bin", "clusters.bin"];
    const [weights, packed, places, frames, groups] = await Promise.all(files.map((file) => fetched(`data/${file}`)));
    agent = new Agent(arraysOf(weights));
    states = unpacked(packed);
    clusters = groups;
    view.begin(new Float32Array(places.buffer));
    const worth: Float32Array[] = [];
    let begun_ = performance.now();
    for (const one of states) {
      const seen = agent.look(one);
      hidden.push(seen.hidden);
      worth.push(seen.worth);
      if (performance.now() - begun_ < TURN) continue;
      demo.showProgress(hidden.length / states.length);
      await breath();
      begun_ = performance.now();
    }
    values = {
      value: worth.map((one) => one[best(one)]),
      bricks: states.map(bricksLeft),
      frames: Array.from(new Uint16Array(frames.buffer)),
      action: worth.map(best),
    };
    recolour();
    show(states[0], () => 0, true);
    demo.ready();
    return "Click a point, or choose one by the arrow keys: the game goes on from there.";
  });
}

function recolour(): void {
  const found = values[colours.value];
  const bug = about.bugs[bugs.selectedIndex];
  const within = bug ? (number: number) => bug.clusters.includes(clusters[number]) : null;
  if (found) view.colour(found, colours.value === "action" ? ACTIONS : null, within);
  const count = within ? states.filter((_, number) => within(number)).length : 0;
  belonging.textContent = bug ? `${count.toLocaleString("en")} states of the map belong to it; the others are pale.` : "";
}

function jump(number: number): void {
  if (!hidden.length) return;
  forgetBug();
  show(states[number], () => number, true);
}

// Go on from the middle of a bug's longest stay, among the states of the map that belong to it.
function chooseBug(): void {
  const bug = about.bugs[bugs.selectedIndex];
  if (!bug || !hidden.length) return;
  recolour();
  show(unpacked(Uint8Array.from(bug.state))[0], nearest, true);
  void play("This is the middle of its longest stay: see where the ball goes round.");
}

function forgetBug(): void {
  if (bugs.selectedIndex < 0) return;
  bugs.selectedIndex = -1;
  recolour();
}

// Show a state, and where it is on the map: usually where the agent thinks most alike.
function show(next: State, place: (hidden: Float32Array) => number = nearest, jumped = false): void {
  if (!agent) return;
  [state, points] = [next, jumped ? 0 : points];
  const seen = agent.look(state);
  drawGame(game, state);
  view.mark(place(seen.hidden), jumped);
  const expected = `expects ${seen.worth[best(seen.worth)].toFixed(2)}, will ${ACTIONS[best(seen.worth)]}`;
  words.textContent = `${bricksLeft(state)} bricks left. The agent ${expected}.`;
}

function nearest(wanted: Float32Array): number {
  let [closest, found] = [Infinity, 0];
  hidden.forEach((one, i) => {
    let sum = 0;
    for (let k = 0; k < wanted.length && sum < closest; k++) sum += (one[k] - wanted[k]) ** 2;
    if (sum < closest) [closest, found] = [sum, i];
  });
  return found;
}

// One frame by the action that is worth most; false if the game is over.
function advance(): boolean {
  if (!hidden.length) return false;
  const after = step(state, best(agent.look(state).worth));
  points += after.reward;
  show(after.state);
  if (!after.over) return true;
  demo.say(`The game is over after ${points} ${points === 1 ? "brick" : "bricks"} from here.`);
  state = begun();
  points = 0;
  return false;
}

function play(doing = "The agent plays."): Promise<void> {
  if (!hidden.length) return Promise.resolve();
  return demo.run(doing, async (newest) => {
    running = true;
    playing.textContent = "Pause";
    points = 0;
    let on = true;
    while (on && newest()) {
      on = advance();
      await breath(PACE);
    }
    const had = document.querySelector(".status")?.textContent ?? "";
    if (newest()) rest();
    return had;
  });
}

function rest(): void {
  running = false;
  playing.textContent = "Play";
}
