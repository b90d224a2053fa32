// All activation maps of a layer in one picture; a click, or an arrow key, chooses a unit.
function element(tag, parent, properties = {}) {
  return parent.appendChild(Object.assign(document.createElement(tag), properties));
}

function render({ model, el }) {
  const root = element("div", el, { className: "grid", tabIndex: 0 });
  root.setAttribute("aria-label", "activation maps of all units: click one, or use the arrow keys");
  const canvas = element("canvas", root);
  const under = element("div", root, { className: "under", hidden: true });
  const chosen = element("div", root, { className: "chosen", hidden: true });
  const label = element("div", root, { className: "label", hidden: true });
  let layout = { columns: 1, cell: 1, count: 0 };
  let unit = -1;

  const place = (frame, index) => {
    frame.hidden = index < 0 || index >= layout.count;
    const [row, column] = [Math.floor(index / layout.columns), index % layout.columns];
    frame.style.left = `${column * layout.cell}px`;
    frame.style.top = `${row * layout.cell}px`;
    frame.style.width = frame.style.height = `${layout.cell - 1}px`;
  };
  const unitAt = (event) => {
    const box = canvas.getBoundingClientRect();
    const column = Math.floor((event.clientX - box.left) / layout.cell);
    const row = Math.floor((event.clientY - box.top) / layout.cell);
    const index = row * layout.columns + column;
    return column >= 0 && column < layout.columns && row >= 0 && index < layout.count ? index : -1;
  };
  const choose = (index) => {
    if (index < 0 || index >= layout.count) return;
    unit = index;
    place(chosen, unit);
    model.send({ kind: "unit", unit });
  };
  canvas.onclick = (event) => choose(unitAt(event));
  canvas.onpointermove = (event) => {
    const index = unitAt(event);
    place(under, index);
    label.hidden = index < 0;
    label.textContent = `unit ${index}`;
    const left = parseFloat(under.style.left) + layout.cell / 2;
    label.style.left = `${Math.min(Math.max(left, 48), canvas.width - 48)}px`;
    label.style.top = `${parseFloat(under.style.top) + layout.cell + 4}px`;
  };
  canvas.onpointerleave = () => (under.hidden = label.hidden = true);
  root.onkeydown = (event) => {
    const steps = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -layout.columns, ArrowDown: layout.columns };
    if (!(event.key in steps)) return;
    event.preventDefault();
    event.stopPropagation(); // the notebook would go to another cell
    choose(unit + steps[event.key]);
  };

  const hear = async (message, buffers) => {
    if (message.kind === "maps") {
      const image = await createImageBitmap(new Blob([buffers[0]], { type: "image/png" }));
      layout = message;
      root.style.width = `${image.width}px`;
      [canvas.width, canvas.height] = [image.width, image.height];
      canvas.getContext("2d").drawImage(image, 0, 0);
    } else if (message.kind === "unit") unit = message.unit;
    place(chosen, unit);
  };
  model.on("msg:custom", hear);
  model.send({ kind: "ready" });
  return () => model.off("msg:custom", hear);
}

export default { render };
