// The map of an agent's states: points that can be clicked, and where the game is now, with the way that led there.

const SIDE = 520, MARGIN = 16, REACH = 14, TRAIL = 60; // CSS pixels; frames

function render({ model, el }) {
  el.classList.add("atlas");
  const canvas = el.appendChild(document.createElement("canvas")), ratio = window.devicePixelRatio || 1;
  Object.assign(canvas, { width: SIDE * ratio, height: SIDE * ratio });
  canvas.className = "paper";
  canvas.setAttribute("role", "img");
  const context = canvas.getContext("2d"), behind = document.createElement("canvas");
  Object.assign(behind, { width: canvas.width, height: canvas.height });
  let points = new Float32Array(), trail = [], pending = 0;

  const place = (i) => [0, 1].map((axis) => {
    const half = SIDE / 2, value = points[2 * i + axis] * (half - MARGIN);
    return axis ? half - value : half + value;
  });
  const ask = () => { if (!pending) pending = requestAnimationFrame(draw); };
  const draw = () => {
    pending = 0;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, canvas.width, canvas.height);
    context.drawImage(behind, 0, 0);
    context.scale(ratio, ratio);
    context.strokeStyle = "rgb(0 0 0 / 45%)";
    context.lineWidth = 1.5;
    context.beginPath();
    for (const i of trail) context.lineTo(...place(i));
    context.stroke();
    if (!trail.length) return;
    const [x, y] = place(trail.at(-1));
    for (const [radius, colour] of [[10, "#000"], [8, "#fff"], [5, "#d62728"]]) {
      context.fillStyle = colour;
      context.beginPath();
      context.arc(x, y, radius, 0, 2 * Math.PI);
      context.fill();
    }
  };
  const paint = (colours) => { // all points, once for each way to colour them
    const ctx = behind.getContext("2d");
    ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
    ctx.clearRect(0, 0, SIDE, SIDE);
    for (let i = 0; i < points.length / 2; i++) {
      const [x, y] = place(i);
      ctx.fillStyle = `rgb(${colours[3 * i]} ${colours[3 * i + 1]} ${colours[3 * i + 2]} / 75%)`;
      ctx.fillRect(x - 1.5, y - 1.5, 3, 3);
    }
  };
  const took = (message, buffers) => {
    if (message.kind === "points") {
      points = new Float32Array(copy(buffers[0]));
      paint(new Uint8Array(copy(buffers[1])));
      canvas.setAttribute("aria-label", message.label);
    } else if (message.kind === "here") {
      canvas.dataset.state = message.state;
      trail = message.jumped ? [message.state] : [...trail, message.state].slice(-TRAIL);
    }
    ask();
  };
  const clicked = (event) => {
    let best = -1, least = REACH ** 2;
    const scale = SIDE / canvas.clientWidth; // the canvas shrinks on narrow pages
    for (let i = 0; i < points.length / 2; i++) {
      const [x, y] = place(i), far = (x - event.offsetX * scale) ** 2 + (y - event.offsetY * scale) ** 2;
      if (far < least) [best, least] = [i, far];
    }
    if (best >= 0) model.send({ kind: "point", state: best });
  };
  canvas.addEventListener("click", clicked);
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
