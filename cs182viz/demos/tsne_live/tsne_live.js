// The map of `TSNELive`. Frames come as float16 points in -1..1 by custom messages and the page moves every point from
// where it is to where it should be, so that a few frames a second look like one motion. Thumbnails are cut out of one
// sprite sheet that came with the widget.

const SIDE = 640, MARGIN = 34; // of the map, in CSS pixels
const LENS = 132; // side of the picture under the pointer
const REACH = 16; // pixels within which the pointer finds a point
const HALF = Float32Array.from({ length: 65536 }, (_, bits) => {
  const sign = bits & 0x8000 ? -1 : 1, exponent = (bits >> 10) & 31, fraction = bits & 1023;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return exponent ? sign * 2 ** (exponent - 15) * (1 + fraction / 1024) : sign * 2 ** -24 * fraction;
});

class Motion {
  // Points on their way from one frame to the next.
  constructor(count) {
    this.count = count;
    this.from = this.to = this.now = null;
    this.began = 0;
    this.lasts = 100;
  }

  aim(points, time) {
    if (this.to) this.lasts = Math.min(300, Math.max(30, 0.7 * this.lasts + 0.3 * (time - this.began)));
    this.from = this.now ? this.now.slice() : points;
    this.now = this.from.slice();
    this.to = points;
    this.began = time;
  }

  advance(time) { // true while still moving
    const t = Math.min(1, (time - this.began) / this.lasts);
    for (let i = 0; i < this.now.length; i++) this.now[i] = this.from[i] + t * (this.to[i] - this.from[i]);
    return t < 1;
  }
}

class MapView {
  constructor(model, el) {
    this.model = model;
    this.kinds = new Uint8Array(bytes(model.get("kinds")));
    this.motion = new Motion(this.kinds.length);
    this.hovered = -1;
    this.chosen = -1; // the class whose name the pointer is on
    this.pending = 0;
    this.build(el);
    this.loadSprite();
    this.receive = (message, buffers) => this.onMessage(message, buffers);
    this.redraw = () => this.ask();
    model.on("msg:custom", this.receive);
    model.on("change:show", this.redraw);
    model.send({ kind: "hello" });
  }

  build(el) {
    el.classList.add("tsne-live");
    this.canvas = el.appendChild(document.createElement("canvas"));
    const scale = window.devicePixelRatio || 1;
    Object.assign(this.canvas, { width: SIDE * scale, height: SIDE * scale });
    this.canvas.setAttribute("role", "img");
    this.canvas.setAttribute("aria-label", "Map of the points; it moves while t-SNE optimises it");
    this.context = this.canvas.getContext("2d");
    this.context.scale(scale, scale);
    this.canvas.addEventListener("pointermove", (event) => this.hover(event));
    this.canvas.addEventListener("pointerleave", () => this.lose());
    const legend = el.appendChild(document.createElement("div"));
    legend.className = "names";
    this.model.get("names").forEach((name, kind) => {
      const chip = legend.appendChild(document.createElement("span"));
      chip.textContent = name;
      chip.style.setProperty("--colour", this.model.get("colours")[kind]);
      chip.addEventListener("pointerenter", () => this.choose(kind));
      chip.addEventListener("pointerleave", () => this.choose(-1));
    });
  }

  loadSprite() {
    const data = this.model.get("sprite");
    if (!data || !data.byteLength) return;
    const sprite = new Image();
    sprite.onload = () => { this.sprite = sprite; this.ask(); };
    this.address = URL.createObjectURL(new Blob([data], { type: "image/webp" }));
    sprite.src = this.address;
  }

  onMessage(message, buffers) {
    if (message.kind !== "frame") return;
    const halves = new Uint16Array(bytes(buffers[0]));
    this.motion.aim(Float32Array.from(halves, (bits) => HALF[bits]), performance.now());
    this.canvas.dataset.step = message.step;
    this.ask();
  }

  ask() {
    if (!this.pending) this.pending = requestAnimationFrame((time) => this.draw(time));
  }

  draw() {
    this.pending = 0;
    if (!this.motion.to) return;
    const moving = this.motion.advance(performance.now());
    const ctx = this.context;
    ctx.clearRect(0, 0, SIDE, SIDE);
    this.pictures() ? this.drawPictures(ctx) : this.drawDots(ctx);
    if (this.hovered >= 0) this.drawLens(ctx);
    if (moving) this.ask();
  }

  pictures() {
    return this.sprite && this.model.get("show") === "pictures";
  }

  place(i) {
    const half = SIDE / 2;
    return [half + (half - MARGIN) * this.motion.now[2 * i], half - (half - MARGIN) * this.motion.now[2 * i + 1]];
  }

  drawDots(ctx) {
    const colours = this.model.get("colours"), count = this.motion.count;
    const radius = Math.min(6, Math.max(1.5, 150 / Math.sqrt(count)));
    colours.forEach((colour, kind) => {
      ctx.fillStyle = colour;
      ctx.globalAlpha = this.faded(kind) ? 0.08 : 0.8;
      ctx.beginPath();
      for (let i = 0; i < count; i++) {
        if (this.kinds[i] !== kind) continue;
        const [x, y] = this.place(i);
        ctx.moveTo(x + radius, y);
        ctx.arc(x, y, radius, 0, 2 * Math.PI);
      }
      ctx.fill();
    });
    ctx.globalAlpha = 1;
  }

  drawPictures(ctx) {
    const side = Math.min(46, Math.max(12, 640 / Math.sqrt(this.motion.count)));
    for (let i = 0; i < this.motion.count; i++) {
      const [x, y] = this.place(i);
      ctx.globalAlpha = this.faded(this.kinds[i]) ? 0.08 : 1;
      this.stamp(ctx, i, x - side / 2, y - side / 2, side);
    }
    ctx.globalAlpha = 1;
  }

  faded(kind) {
    return this.chosen >= 0 && kind !== this.chosen;
  }

  stamp(ctx, i, x, y, side) {
    const cell = this.model.get("cell"), columns = this.model.get("columns");
    const left = cell * (i % columns), top = cell * Math.floor(i / columns);
    // half a pixel less all around: smoothing would take in a line of the neighbours
    ctx.drawImage(this.sprite, left + 0.5, top + 0.5, cell - 1, cell - 1, x, y, side, side);
  }

  drawLens(ctx) {
    const [x, y] = this.place(this.hovered), kind = this.kinds[this.hovered];
    const name = this.model.get("names")[kind] ?? "", colour = this.model.get("colours")[kind];
    const height = (this.sprite ? LENS : 0) + (name ? 34 : 0);
    const left = x + 22 + LENS > SIDE ? x - 22 - LENS : x + 22;
    const top = Math.min(SIDE - height - 8, Math.max(8, y - height / 2));
    ctx.save();
    ctx.lineWidth = 3;
    ctx.strokeStyle = "#111";
    ctx.beginPath();
    ctx.arc(x, y, 11, 0, 2 * Math.PI);
    ctx.stroke();
    ctx.fillStyle = "#fff";
    ctx.shadowColor = "rgba(0, 0, 0, .45)";
    ctx.shadowBlur = 14;
    ctx.fillRect(left - 4, top - 4, LENS + 8, height + 8);
    ctx.shadowBlur = 0;
    ctx.strokeStyle = colour;
    ctx.strokeRect(left - 4, top - 4, LENS + 8, height + 8);
    if (this.sprite) this.stamp(ctx, this.hovered, left + 6, top + 6, LENS - 12);
    ctx.fillStyle = "#111";
    ctx.font = "600 20px system-ui, sans-serif";
    ctx.textAlign = "center";
    ctx.fillText(name, left + LENS / 2, top + height - 9, LENS);
    ctx.restore();
  }

  hover(event) {
    if (!this.motion.now) return;
    const box = this.canvas.getBoundingClientRect();
    const px = (event.clientX - box.left) * (SIDE / box.width), py = (event.clientY - box.top) * (SIDE / box.height);
    let best = REACH ** 2, found = -1;
    for (let i = 0; i < this.motion.count; i++) {
      const [x, y] = this.place(i), distance = (x - px) ** 2 + (y - py) ** 2;
      if (distance < best) [best, found] = [distance, i];
    }
    this.point(found);
  }

  lose() {
    this.point(-1);
  }

  point(i) {
    if (i === this.hovered) return;
    this.hovered = i;
    this.canvas.dataset.hovered = i < 0 ? "" : i;
    this.ask();
  }

  choose(kind) {
    this.chosen = kind;
    this.ask();
  }

  close() {
    this.model.off("msg:custom", this.receive);
    this.model.off("change:show", this.redraw);
    cancelAnimationFrame(this.pending);
    if (this.address) URL.revokeObjectURL(this.address);
  }
}

function bytes(view) { // a copy at an even address, as typed arrays want it
  return view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength);
}

function render({ model, el }) {
  const view = new MapView(model, el);
  return () => view.close();
}

export default { render };
