// Curves over steps. One message holds all rows (step, values), so that a page that opens later draws the same.

const LEFT = 84, RIGHT = 96, TOP = 14, BOTTOM = 44;
const FONT = "16px system-ui, sans-serif";

function render({ model, el }) {
  const canvas = el.appendChild(document.createElement("canvas"));
  canvas.className = "chart paper";
  canvas.setAttribute("role", "img");
  let about = null, rows = [], pending = 0;

  const took = (message, buffers) => {
    if (message.kind !== "curves") return;
    const view = buffers[0], columns = message.names.length + 1;
    const flat = new Float32Array(view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength));
    about = message;
    rows = Array.from({ length: flat.length / columns }, (_, i) => flat.subarray(i * columns, (i + 1) * columns));
    if (!pending) pending = requestAnimationFrame(() => { pending = 0; draw(canvas, about, rows); });
  };
  model.on("msg:custom", took);
  model.send({ kind: "ready" });
  return () => {
    model.off("msg:custom", took);
    cancelAnimationFrame(pending);
  };
}

function draw(canvas, about, rows) {
  const { width, height } = about, ratio = window.devicePixelRatio || 1;
  if (canvas.width !== Math.round(width * ratio)) {
    Object.assign(canvas, { width: Math.round(width * ratio), height: Math.round(height * ratio) });
    Object.assign(canvas.style, { width: `${width}px`, aspectRatio: `${width} / ${height}` });
  }
  const ctx = canvas.getContext("2d");
  ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
  ctx.clearRect(0, 0, width, height);
  const last = rows.length ? rows.at(-1) : null, plot = frame(about, rows);
  canvas.dataset.step = last ? last[0] : 0;
  canvas.setAttribute("aria-label", described(about, last));
  axes(ctx, about, plot);
  const ends = [];
  about.names.forEach((name, k) => {
    ctx.strokeStyle = about.colours[k];
    ctx.lineWidth = 2.5;
    ctx.beginPath();
    let end = null, open = false;
    for (const row of rows) {
      const value = row[k + 1];
      if (!Number.isFinite(value)) { open = false; continue; }
      const x = plot.x(row[0]), y = plot.y(value);
      if (open) ctx.lineTo(x, y); else ctx.moveTo(x, y);
      open = true;
      end = y;
    }
    ctx.stroke();
    if (end !== null) ends.push({ name, colour: about.colours[k], at: end });
  });
  names(ctx, ends, width - RIGHT + 8, height - BOTTOM);
}

function frame(about, rows) {
  const values = rows.flatMap((row) => Array.from(row.subarray(1)).filter(Number.isFinite));
  const low = Math.min(0, ...values), most = about.top ?? Math.max(...values, low + 1e-3);
  const high = about.top ?? nice(most), far = rows.length ? Math.max(1, rows.at(-1)[0]) : 1;
  const right = about.width - RIGHT, bottom = about.height - BOTTOM;
  return {
    low, high, far,
    x: (step) => LEFT + (step / far) * (right - LEFT),
    y: (value) => bottom - (Math.min(value, high) - low) / (high - low) * (bottom - TOP),
  };
}

function nice(value) { // the next of 1, 2, 5 times a power of ten
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 3, 5, 10].find((one) => one * power >= value * 0.999) * power;
}

function axes(ctx, about, plot) {
  ctx.font = FONT;
  ctx.lineWidth = 1;
  ctx.textAlign = "right";
  for (let i = 0; i <= 4; i++) {
    const value = plot.low + (i / 4) * (plot.high - plot.low), y = plot.y(value);
    ctx.strokeStyle = "#ddd";
    ctx.fillStyle = "#444";
    ctx.beginPath();
    ctx.moveTo(LEFT, y);
    ctx.lineTo(about.width - RIGHT, y);
    ctx.stroke();
    ctx.fillText(Number(value.toPrecision(3)), LEFT - 8, y + 5);
  }
  const below = about.height - BOTTOM + 24;
  ctx.fillText(`${about.across} ${Math.round(plot.far).toLocaleString("en")}`, about.width - RIGHT, below);
  ctx.textAlign = "left";
  ctx.fillText("0", LEFT, below);
  ctx.save();
  ctx.translate(18, (about.height - BOTTOM + TOP) / 2);
  ctx.rotate(-Math.PI / 2);
  ctx.textAlign = "center";
  ctx.font = `600 ${FONT}`;
  ctx.fillText(about.label, 0, 0);
  ctx.restore();
}

function names(ctx, ends, x, bottom) { // beside the curves' ends, pushed apart where they would cover each other
  ctx.font = `600 ${FONT}`;
  ctx.textAlign = "left";
  ends.sort((a, b) => a.at - b.at);
  ends.forEach((end, i) => { if (i) end.at = Math.max(end.at, ends[i - 1].at + 18); });
  const beyond = ends.length ? Math.max(0, ends.at(-1).at - bottom - 8) : 0;
  for (const { colour, name, at } of ends) {
    ctx.fillStyle = colour;
    ctx.fillText(name, x, at - beyond + 5);
  }
}

function described(about, last) {
  if (!last) return `${about.label}: nothing yet`;
  const values = about.names.map((name, k) => `${name} ${Number(last[k + 1].toPrecision(3))}`);
  return `${about.label} at ${about.across} ${last[0]}: ${values.join(", ")}`;
}

export default { render };
