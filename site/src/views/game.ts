// A state of Breakout as a picture: `techniques.policy.drawing.draw_state`.
import { COLUMNS, ROWS, seen, TOP, type State } from "../maths/breakout.ts";
import { pen } from "../parts/dom.ts";

const CELL = 22;
export const GAME = { width: COLUMNS * CELL, height: ROWS * CELL };
const [GROUND, PADDLE, TRAIL, BALL] = ["#181c24", "#f0f0f0", "#6e683c", "#ffd740"];
const BRICKS = ["#00ffff", "#3fc0ff", "#807fff", "#bf40ff", "#ff00ff"];

export function drawGame(canvas: HTMLCanvasElement, state: State): void {
  const brush = pen(canvas);
  brush.fillStyle = GROUND;
  brush.fillRect(0, 0, canvas.width, canvas.height);
  const paint = (colour: string, row: number, column: number) => {
    brush.fillStyle = colour;
    brush.fillRect(column * CELL + 1, row * CELL + 1, CELL - 1, CELL - 1);
  };
  const cells = seen(state);
  for (const [plane, row, column] of cells) if (plane === 2) paint(TRAIL, row, column);
  for (const [plane, row, column] of cells) {
    if (plane === 3) paint(BRICKS[row - TOP], row, column);
    else if (plane !== 2) paint(plane === 0 ? PADDLE : BALL, row, column);
  }
}
