// An image that is replaced without a flicker: the next one is decoded before it is shown.

function render({ model, el }) {
  const image = el.appendChild(document.createElement("img"));
  image.className = "crisp";
  let address = "";
  const took = async (message, buffers) => {
    if (message.kind !== "picture") return;
    const next = URL.createObjectURL(new Blob([buffers[0]], { type: "image/png" }));
    const ready = Object.assign(new Image(), { src: next });
    await ready.decode().catch(() => {});
    image.alt = message.name;
    if (message.width) image.style.width = `${message.width}px`;
    if (message.height) image.style.height = `${message.height}px`;
    image.src = next;
    if (address) URL.revokeObjectURL(address);
    address = next;
  };
  model.on("msg:custom", took);
  model.send({ kind: "ready" });
  return () => model.off("msg:custom", took);
}

export default { render };
