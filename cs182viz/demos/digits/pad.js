// A field to draw in: mouse, finger, or arrow keys with the pen put down and lifted by the space bar.

const SIDE = 224, SENT = 64, WIDE = 20, PACE = 8; // CSS pixels; pixels of what is sent; the pen's width and step

function render({ model, el }) {
  el.classList.add("pad");
  el.innerHTML = `<canvas width="${SIDE}" height="${SIDE}" class="paper" tabindex="0" role="application"></canvas>
    <div><button type="button" class="tool">Wipe</button></div>`;
  const canvas = el.querySelector("canvas"), button = el.querySelector("button");
  canvas.setAttribute("aria-label", "Draw a digit: arrow keys move the pen, space puts it down or lifts it, Delete wipes");
  canvas.title = canvas.getAttribute("aria-label");
  const ink = document.createElement("canvas");
  Object.assign(ink, { width: SIDE, height: SIDE });
  const pen = ink.getContext("2d", { willReadFrequently: true }), shown = canvas.getContext("2d");
  Object.assign(pen, { lineWidth: WIDE, lineCap: "round", lineJoin: "round", strokeStyle: "#000" });
  let last = null, keys = { x: SIDE / 2, y: SIDE / 4, down: false }, focused = false;

  const show = () => {
    shown.fillStyle = "#fff";
    shown.fillRect(0, 0, SIDE, SIDE);
    shown.drawImage(ink, 0, 0);
    if (!focused) return;
    shown.strokeStyle = keys.down ? "#d62728" : "#1f77b4";
    shown.lineWidth = 2;
    shown.beginPath();
    shown.arc(keys.x, keys.y, WIDE / 2, 0, 2 * Math.PI);
    shown.stroke();
  };
  const send = () => {
    const small = document.createElement("canvas");
    Object.assign(small, { width: SENT, height: SENT });
    const context = small.getContext("2d");
    context.drawImage(ink, 0, 0, SENT, SENT);
    const { data } = context.getImageData(0, 0, SENT, SENT);
    model.send({ kind: "drawing" }, undefined, [Uint8Array.from({ length: SENT * SENT }, (_, i) => data[4 * i + 3]).buffer]);
  };
  const line = (from, to) => {
    pen.beginPath();
    pen.moveTo(from.x, from.y);
    pen.lineTo(to.x + 0.01, to.y);
    pen.stroke();
    show();
  };
  const at = (event) => {
    const scale = SIDE / canvas.clientWidth;
    return { x: event.offsetX * scale, y: event.offsetY * scale };
  };
  const wipe = () => {
    pen.clearRect(0, 0, SIDE, SIDE);
    show();
    send();
  };
  const pressed = (event) => {
    const move = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (move) {
      const from = { ...keys };
      keys.x = Math.min(SIDE, Math.max(0, keys.x + PACE * move[0]));
      keys.y = Math.min(SIDE, Math.max(0, keys.y + PACE * move[1]));
      if (keys.down) line(from, keys);
    } else if (event.key === " ") {
      keys.down = !keys.down;
      if (keys.down) line(keys, keys);
      else send();
    } else if (event.key === "Delete" || event.key === "Backspace") wipe();
    else return;
    event.preventDefault();
    event.stopPropagation();
    show();
  };

  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    last = at(event);
    line(last, last);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!last) return;
    const now = at(event);
    line(last, now);
    last = now;
  });
  for (const end of ["pointerup", "pointercancel"]) {
    canvas.addEventListener(end, () => { if (last) send(); last = null; });
  }
  canvas.addEventListener("keydown", pressed);
  canvas.addEventListener("focus", () => { focused = canvas.matches(":focus-visible"); show(); });
  canvas.addEventListener("blur", () => { focused = false; show(); });
  button.addEventListener("click", wipe);
  show();
}

export default { render };
