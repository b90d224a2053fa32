// The four panels of `Playground` and their losses. A frame is one custom message with four buffers: the networks'
// outputs over the square, their hidden units' tiles, the points, and the curves of the losses.

const SIDE = 260, GAP = 16, CHART = 150; // CSS pixels
const WHITE = [255, 255, 255];

class Playground {
  constructor(model, el) {
    this.model = model;
    this.colours = model.get("colours").map(parse); // of class 0 and class 1
    this.extent = model.get("extent");
    this.large = null; // {panel, unit} under the pointer
    this.build(el);
    this.receive = (message, buffers) => this.onMessage(message, buffers);
    model.on("msg:custom", this.receive);
    model.send({ kind: "hello" });
  }

  build(el) {
    el.classList.add("playground");
    const row = add(el, "div", "panels");
    this.panels = this.model.get("names").map((name, k) => {
      const panel = add(row, "div", "panel"), head = add(panel, "div");
      const bold = add(head, "b");
      bold.textContent = name;
      bold.style.setProperty("--line", this.model.get("lines")[k]);
      const title = add(head, "span", "title");
      const output = canvas(panel, SIDE, SIDE, "output", `What the network of ${name} answers everywhere`);
      const units = canvas(panel, SIDE, 10, "units", `Hidden units of the network of ${name}`);
      output.addEventListener("click", (event) => this.click(event));
      units.addEventListener("pointermove", (event) => this.enlarge(k, this.unitAt(event)));
      units.addEventListener("pointerleave", () => this.enlarge(k, -1));
      return { title, output, units };
    });
    const width = this.panels.length * (SIDE + GAP) - GAP;
    this.chart = canvas(el, width, CHART, "chart", "Loss of each network by step");
  }

  onMessage(message, buffers) {
    if (message.kind !== "frame") return;
    const floats = (i) => new Float32Array(bytes(buffers[i]));
    const output = message.classifies ? new Uint8Array(bytes(buffers[0])) : floats(0);
    this.frame = { ...message, output, units: new Int8Array(bytes(buffers[1])), points: floats(2), curves: floats(3) };
    if (!this.pending) this.pending = requestAnimationFrame(() => this.draw());
  }

  draw() {
    this.pending = 0;
    if (!this.frame) return;
    this.panels.forEach((panel, k) => {
      panel.title.textContent = this.frame.titles[k];
      this.drawUnits(panel, k);
      this.drawOutput(panel, k);
    });
    this.drawChart();
    this.chart.dataset.step = this.frame.step;
  }

  drawOutput(panel, k) {
    const { grid, tile, classifies, output, points } = this.frame, ctx = panel.output.getContext("2d");
    const chosen = this.large && this.large.panel === k ? this.large.unit : -1;
    ctx.clearRect(0, 0, SIDE, SIDE);
    if (classifies && chosen >= 0) this.image(ctx, this.unit(k, chosen), tile, (v) => v / 127, 0, 0, SIDE);
    else if (classifies) {
      const own = output.subarray(k * grid ** 2, (k + 1) * grid ** 2);
      this.image(ctx, own, grid, (v) => (v / 127.5 - 1) * 0.75, 0, 0, SIDE);
    }
    this.drawPoints(ctx, points, classifies);
    if (classifies) return;
    if (chosen >= 0) this.wave(ctx, Array.from(this.unit(k, chosen), (v) => (v / 127) * 0.85 * this.extent), "#888", 3, SIDE);
    this.wave(ctx, output.subarray(k * grid, (k + 1) * grid), this.hex(1), 4, SIDE);
  }

  drawPoints(ctx, points, classifies) {
    const stride = classifies ? 3 : 2;
    ctx.lineWidth = 1;
    for (let i = 0; i < points.length; i += stride) {
      ctx.beginPath();
      ctx.arc(this.across(points[i]), this.down(points[i + 1]), classifies ? 4 : 3, 0, 2 * Math.PI);
      ctx.fillStyle = classifies ? this.hex(points[i + 2]) : "#999";
      ctx.fill();
      ctx.strokeStyle = "#fff";
      ctx.stroke();
    }
  }

  drawUnits(panel, k) {
    const { layers, classifies, tile } = this.frame;
    const side = this.tileSide(), height = Math.max(1, layers.length * (side + 4) - 4);
    if (panel.units.height !== Math.round(height * ratio())) resize(panel.units, SIDE, height);
    const ctx = panel.units.getContext("2d");
    ctx.clearRect(0, 0, SIDE, height);
    let unit = 0;
    layers.forEach((count, layer) => {
      for (let i = 0; i < count; i++, unit++) {
        const left = i * (side + 4), top = layer * (side + 4), own = this.unit(k, unit);
        if (classifies) this.image(ctx, own, tile, (v) => v / 127, left, top, side);
        else {
          ctx.save();
          ctx.translate(left, top);
          ctx.fillStyle = "#f1f1f1";
          ctx.fillRect(0, 0, side, side);
          this.wave(ctx, Array.from(own, (v) => (v / 127) * 0.85 * this.extent), this.hex(0), 2, side);
          ctx.restore();
        }
      }
    });
  }

  drawChart() {
    const { curves } = this.frame, columns = this.panels.length + 1, rows = curves.length / columns;
    const ctx = this.chart.getContext("2d"), width = this.chart.width / ratio();
    ctx.clearRect(0, 0, width, CHART);
    const finite = curves.filter((v, i) => i % columns && Number.isFinite(v) && v > 0);
    if (!finite.length) return;
    const first = Array.from(curves.subarray(1, columns)).filter((v) => Number.isFinite(v) && v > 0);
    const most = 10 * Math.max(...first, 1e-4); // whoever climbs beyond has diverged, and would flatten the others
    const low = Math.floor(Math.log10(Math.max(1e-5, Math.min(...finite))));
    const high = Math.log10(Math.min(most, Math.max(...finite)));
    const last = curves[(rows - 1) * columns], left = 70, right = width - 110, top = 12, bottom = CHART - 34;
    const x = (step) => left + ((right - left) * step) / last;
    const y = (loss) => bottom - ((bottom - top) * (Math.log10(Math.min(Math.max(loss, 10 ** low), 10 ** high)) - low)) / (high - low || 1);
    this.axes(ctx, { low, high, last, left, right, bottom, y });
    const ends = [];
    this.model.get("lines").forEach((colour, k) => {
      ctx.strokeStyle = colour;
      ctx.lineWidth = 3;
      ctx.beginPath();
      for (let row = 0; row < rows; row++) {
        const loss = curves[row * columns + 1 + k];
        if (Number.isFinite(loss)) ctx.lineTo(x(curves[row * columns]), y(loss));
      }
      ctx.stroke();
      const end = curves[(rows - 1) * columns + 1 + k];
      if (Number.isFinite(end)) ends.push({ colour, name: this.model.get("names")[k], at: y(end) });
    });
    this.labels(ctx, ends, right + 8, bottom);
  }

  axes(ctx, { low, high, last, left, right, bottom, y }) {
    ctx.font = "15px system-ui, sans-serif";
    ctx.fillStyle = "#444";
    ctx.strokeStyle = "#ddd";
    ctx.lineWidth = 1;
    ctx.textAlign = "right";
    for (let power = low; power <= high; power++) {
      ctx.fillText(power < -2 ? `1e${power}` : 10 ** power, left - 8, y(10 ** power) + 5);
      ctx.beginPath();
      ctx.moveTo(left, y(10 ** power));
      ctx.lineTo(right, y(10 ** power));
      ctx.stroke();
    }
    ctx.fillText(`step ${last}`, right, bottom + 22);
    ctx.textAlign = "left";
    ctx.fillText("0", left, bottom + 22);
    ctx.save();
    ctx.translate(18, bottom / 2 + 30);
    ctx.rotate(-Math.PI / 2);
    ctx.font = "600 17px system-ui, sans-serif";
    ctx.fillText("loss", 0, 0);
    ctx.restore();
  }

  labels(ctx, ends, x, bottom) { // beside the curves' ends, pushed apart where they would cover each other
    ctx.font = "600 16px system-ui, sans-serif";
    ends.sort((a, b) => a.at - b.at);
    ends.forEach((end, i) => { if (i) end.at = Math.max(end.at, ends[i - 1].at + 18); });
    const beyond = ends.length ? Math.max(0, ends.at(-1).at - bottom - 12) : 0;
    ends.forEach(({ colour, name, at }) => {
      ctx.fillStyle = colour;
      ctx.fillText(name, x, at - beyond + 5);
    });
  }

  image(ctx, values, side, shade, left, top, size) {
    const small = new ImageData(side, side);
    values.forEach((value, i) => {
      const s = shade(value), end = this.colours[s > 0 ? 1 : 0], t = Math.abs(s);
      for (let c = 0; c < 3; c++) small.data[4 * i + c] = WHITE[c] + t * (end[c] - WHITE[c]);
      small.data[4 * i + 3] = 255;
    });
    this.scratch ??= document.createElement("canvas");
    Object.assign(this.scratch, { width: side, height: side });
    this.scratch.getContext("2d").putImageData(small, 0, 0);
    ctx.drawImage(this.scratch, left, top, size, size);
  }

  wave(ctx, values, colour, width, side) { // a curve over the whole width of a square
    ctx.strokeStyle = colour;
    ctx.lineWidth = width;
    ctx.beginPath();
    values.forEach((value, i) => ctx.lineTo(((i + 0.5) / values.length) * side, (0.5 - value / this.extent / 2) * side));
    ctx.stroke();
  }

  unit(k, unit) {
    const { layers, classifies, tile, units } = this.frame, size = classifies ? tile ** 2 : tile;
    const total = layers.reduce((sum, count) => sum + count, 0);
    return units.subarray((k * total + unit) * size, (k * total + unit + 1) * size);
  }

  unitAt(event) {
    if (!this.frame) return -1;
    const { layers } = this.frame, pitch = this.tileSide() + 4;
    const layer = Math.floor(event.offsetY / pitch), i = Math.floor(event.offsetX / pitch);
    if (layer < 0 || layer >= layers.length || i < 0 || i >= layers[layer]) return -1;
    return layers.slice(0, layer).reduce((sum, count) => sum + count, i);
  }

  tileSide() {
    return Math.min(38, (SIDE + 4) / Math.max(1, ...this.frame.layers) - 4);
  }

  enlarge(panel, unit) {
    this.large = unit < 0 ? null : { panel, unit };
    this.panels[panel].output.dataset.unit = unit;
    this.draw();
  }

  click(event) {
    const x = (event.offsetX / SIDE) * 2 * this.extent - this.extent;
    const y = this.extent - (event.offsetY / SIDE) * 2 * this.extent;
    this.model.send({ kind: "point", x, y, class: event.shiftKey ? 0 : 1 });
  }

  across(x) {
    return ((x + this.extent) / 2 / this.extent) * SIDE;
  }

  down(y) {
    return ((this.extent - y) / 2 / this.extent) * SIDE;
  }

  hex(kind) {
    return this.model.get("colours")[kind > 0.5 ? 1 : 0];
  }

  close() {
    this.model.off("msg:custom", this.receive);
    cancelAnimationFrame(this.pending);
  }
}

function add(parent, tag, name = "") {
  const element = parent.appendChild(document.createElement(tag));
  element.className = name;
  return element;
}

function canvas(parent, width, height, name, label) {
  const made = add(parent, "canvas", name);
  made.setAttribute("role", "img");
  made.setAttribute("aria-label", label);
  resize(made, width, height);
  return made;
}

function resize(element, width, height) {
  Object.assign(element, { width: Math.round(width * ratio()), height: Math.round(height * ratio()) });
  Object.assign(element.style, { width: `${width}px`, height: `${height}px` });
  element.getContext("2d").scale(ratio(), ratio());
}

function ratio() {
  return window.devicePixelRatio || 1;
}

function parse(hex) {
  return [1, 3, 5].map((start) => parseInt(hex.slice(start, start + 2), 16));
}

function bytes(view) { // a copy that begins where typed arrays want it
  return view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength);
}

function render({ model, el }) {
  const view = new Playground(model, el);
  return () => view.close();
}

export default { render };
