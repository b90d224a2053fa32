// A picture with a square that follows the hand at once, and bars that follow as fast as the network computes.
const SIDE = 448; // pixels of the picture on the page
const GREY = "rgb(124, 116, 104)"; // the mean colour of ImageNet

function element(tag, parent, properties = {}) {
  return parent.appendChild(Object.assign(document.createElement(tag), properties));
}

function clamp(value, low, high) {
  return Math.min(Math.max(value, low), high);
}

async function decoded(buffers) {
  return buffers.length ? createImageBitmap(new Blob([buffers[0]], { type: "image/png" })) : null;
}

function drawBars(list, bars) {
  while (list.children.length < bars.length) {
    const row = element("div", list, { className: "bar" });
    for (const name of ["name", "share", "track"]) element("div", row, { className: name });
    for (const name of ["now", "before"]) element("div", row.lastChild, { className: name });
  }
  [...list.children].forEach((row, index) => {
    const bar = bars[index];
    row.hidden = !bar;
    if (!bar) return;
    const [name, share, track] = row.children;
    name.textContent = bar.name;
    share.textContent = `${Math.round(100 * bar.now)}%`;
    track.children[0].style.width = `${100 * bar.now}%`;
    track.children[1].style.left = `${100 * bar.before}%`;
    row.classList.toggle("leads", bar.now === Math.max(...bars.map((one) => one.now)));
  });
}

function render({ model, el }) {
  const root = element("div", el, { className: "occlude" });
  const ratio = window.devicePixelRatio || 1;
  const canvas = element("canvas", root, { width: SIDE * ratio, height: SIDE * ratio, tabIndex: 0 });
  canvas.setAttribute("aria-label", "picture with a grey square to drag, also by the arrow keys");
  const side = element("div", root, { className: "beliefs" });
  element("h3", side, { textContent: "What the network believes" });
  const list = element("div", side);
  element("div", side, { className: "legend", textContent: "without the square" });
  const pen = canvas.getContext("2d");
  pen.scale(ratio, ratio);

  let [picture, heat, size, held] = [null, null, 224, null];
  const square = { top: 0, left: 0, patch: 56 };

  const draw = () => {
    if (!picture) return;
    const scale = SIDE / size;
    const box = [square.left, square.top, square.patch, square.patch].map((value) => value * scale);
    pen.imageSmoothingQuality = "high";
    pen.filter = heat ? "grayscale(1)" : "none";
    pen.drawImage(picture, 0, 0, SIDE, SIDE);
    pen.filter = "none";
    if (heat) {
      pen.drawImage(heat, 0, 0, SIDE, SIDE);
    } else {
      pen.fillStyle = GREY;
      pen.fillRect(...box);
    }
    pen.strokeStyle = "white";
    pen.lineWidth = 2;
    pen.strokeRect(...box);
  };
  // The page keeps one place in flight: while the kernel has not answered, only the newest place waits.
  let [asked, waiting] = [0, false];
  const ask = () => {
    if (performance.now() - asked < 1000 && asked) {
      waiting = true;
      return;
    }
    asked = performance.now();
    waiting = false;
    model.send({ kind: "place", top: Math.round(square.top), left: Math.round(square.left) });
  };
  const move = (left, top) => {
    square.left = clamp(left, 0, size - square.patch);
    square.top = clamp(top, 0, size - square.patch);
    draw();
    ask();
  };
  const point = (event) => {
    const box = canvas.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top].map((value) => (value * size) / box.width);
  };
  canvas.onpointerdown = (event) => {
    const [x, y] = point(event);
    const [dx, dy] = [x - square.left, y - square.top];
    const inside = Math.min(dx, dy) >= 0 && Math.max(dx, dy) <= square.patch;
    held = inside ? [dx, dy] : [square.patch / 2, square.patch / 2];
    canvas.setPointerCapture(event.pointerId);
    move(x - held[0], y - held[1]);
  };
  canvas.onpointermove = (event) => {
    if (!held) return;
    const [x, y] = point(event);
    move(x - held[0], y - held[1]);
  };
  canvas.onpointerup = canvas.onpointercancel = () => (held = null);
  canvas.onkeydown = (event) => {
    const step = { ArrowLeft: [-4, 0], ArrowRight: [4, 0], ArrowUp: [0, -4], ArrowDown: [0, 4] }[event.key];
    if (!step) return;
    event.preventDefault();
    event.stopPropagation(); // the notebook would go to another cell
    move(square.left + step[0], square.top + step[1]);
  };

  const hear = async (message, buffers) => {
    if (message.kind === "picture") {
      size = message.size;
      picture = await decoded(buffers);
      heat = null;
    } else if (message.kind === "heat") heat = await decoded(buffers);
    else if (message.kind === "square") {
      if (!held && !waiting) Object.assign(square, message); // the hand knows better than an older answer
    }
    else if (message.kind === "bars") {
      drawBars(list, message.bars);
      asked = 0;
      if (waiting) ask();
    }
    draw();
  };
  model.on("msg:custom", hear);
  model.send({ kind: "ready" });
  return () => model.off("msg:custom", hear);
}

export default { render };
