// The plane of codes: what the network draws everywhere in it, where the digits lie, and a point that one moves.

const SIDE = 520, STEP = 0.05; // CSS pixels; of the plane's half, for a key

function render({ model, el }) {
  el.classList.add("plane");
  const canvas = el.appendChild(document.createElement("canvas")), ratio = window.devicePixelRatio || 1;
  Object.assign(canvas, { width: SIDE * ratio, height: SIDE * ratio, tabIndex: 0 });
  canvas.className = "paper";
  canvas.setAttribute("role", "application");
  canvas.setAttribute("aria-label", "The plane of codes: the pointer or the arrow keys choose a code to be decoded");
  canvas.title = "Point anywhere, or move with the arrow keys";
  const ctx = canvas.getContext("2d"), small = document.createElement("canvas");
  let about = null, codes = new Float32Array(), kinds = new Uint8Array(), here = { x: 0, y: 0 }, pending = 0, asked = false;

  const across = (x) => (1 + x) * SIDE / 2, down = (y) => (1 - y) * SIDE / 2;
  const draw = () => {
    pending = 0;
    ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
    ctx.clearRect(0, 0, SIDE, SIDE);
    ctx.imageSmoothingEnabled = true;
    ctx.globalAlpha = about?.show === "points" ? 0.25 : 1;
    if (small.width > 1) ctx.drawImage(small, 0, 0, SIDE, SIDE);
    ctx.globalAlpha = 1;
    if (about?.show !== "pictures") {
      for (let i = 0; i < kinds.length; i++) {
        ctx.fillStyle = about.colours[kinds[i]];
        ctx.beginPath();
        ctx.arc(across(codes[2 * i]), down(codes[2 * i + 1]), 3, 0, 2 * Math.PI);
        ctx.fill();
      }
    }
    for (const [colour, width] of [["#fff", 5], ["#d62728", 2.5]]) {
      ctx.strokeStyle = colour;
      ctx.lineWidth = width;
      ctx.strokeRect(across(here.x) - 13, down(here.y) - 13, 26, 26);
    }
  };
  const ask = () => { if (!pending) pending = requestAnimationFrame(draw); };
  const move = (x, y) => {
    const inside = (value) => Math.min(1, Math.max(-1, value));
    here = { x: inside(x), y: inside(y) };
    ask();
    if (asked) return; // one question at a time: the newest place is asked for when the answer is there
    asked = true;
    setTimeout(() => { asked = false; model.send({ kind: "at", ...here }); }, 40);
  };
  const took = (message, buffers) => {
    if (message.kind !== "plane") return;
    about = message;
    const levels = new Uint8Array(copy(buffers[0])), image = new ImageData(message.side, message.side);
    levels.forEach((level, i) => image.data.set([level, level, level, 255], 4 * i));
    Object.assign(small, { width: message.side, height: message.side });
    small.getContext("2d").putImageData(image, 0, 0);
    codes = new Float32Array(copy(buffers[1]));
    kinds = new Uint8Array(copy(buffers[2]));
    canvas.dataset.step = message.step;
    ask();
  };
  const pointed = (event) => {
    const scale = 2 / canvas.clientWidth;
    move(event.offsetX * scale - 1, 1 - event.offsetY * scale);
  };
  const pressed = (event) => {
    const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key];
    if (!way) return;
    event.preventDefault();
    event.stopPropagation();
    move(here.x + STEP * way[0], here.y + STEP * way[1]);
  };
  canvas.addEventListener("pointermove", pointed);
  canvas.addEventListener("pointerdown", pointed);
  canvas.addEventListener("keydown", pressed);
  model.on("msg:custom", took);
  model.send({ kind: "ready" });
  return () => {
    model.off("msg:custom", took);
    cancelAnimationFrame(pending);
  };
}

function copy(view) { // that begins where typed arrays want it
  return view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength);
}

export default { render };
