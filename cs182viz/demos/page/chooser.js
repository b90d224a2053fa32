// A strip of thumbnails, an upload and a webcam. Pictures leave the page small enough for any connection.
const LONGEST = 640; // pixels of an upload's longer side, four times what a network looks at
const FRAME = 256; // pixels of the side of a webcam's frame
const PATIENCE = 3000; // milliseconds after which a frame that nobody answered counts as lost

function element(tag, parent, properties = {}) {
  return parent.appendChild(Object.assign(document.createElement(tag), properties));
}

async function asBytes(canvas, type) {
  const blob = await new Promise((resolve) => canvas.toBlob(resolve, type, 0.92));
  return blob.arrayBuffer();
}

// The file as a PNG of moderate size, or as it is if this browser cannot decode it: then the kernel has to say.
async function shrunk(file) {
  let bitmap;
  try {
    bitmap = await createImageBitmap(file, { imageOrientation: "from-image" });
  } catch {
    return file.slice(0, 4_000_000).arrayBuffer();
  }
  const scale = Math.min(1, LONGEST / Math.max(bitmap.width, bitmap.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(bitmap.width * scale));
  canvas.height = Math.max(1, Math.round(bitmap.height * scale));
  const pen = canvas.getContext("2d");
  pen.fillStyle = "white"; // under transparent pictures
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.imageSmoothingQuality = "high";
  pen.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  return asBytes(canvas, "image/png");
}

function addStrip(root, choose) {
  const strip = element("div", root, { className: "strip" });
  let thumbs = [];
  let address = null;
  const mark = (index) => {
    thumbs.forEach((thumb, i) => thumb.setAttribute("aria-pressed", i === index));
    thumbs[index]?.scrollIntoView({ block: "nearest", inline: "nearest" });
  };
  const fill = ({ names, side }, bytes) => {
    if (address) URL.revokeObjectURL(address);
    address = URL.createObjectURL(new Blob([bytes], { type: "image/png" }));
    strip.replaceChildren();
    thumbs = names.map((name, index) => {
      const thumb = element("button", strip, { title: name, ariaLabel: name, className: "thumb" });
      thumb.style.backgroundImage = `url(${address})`;
      thumb.style.backgroundSize = `${(names.length * side) / 2}px ${side / 2}px`;
      thumb.style.backgroundPosition = `${(-index * side) / 2}px 0`;
      thumb.onclick = () => {
        mark(index);
        choose(index);
      };
      return thumb;
    });
  };
  strip.addEventListener(
    "wheel",
    (event) => {
      if (Math.abs(event.deltaY) <= Math.abs(event.deltaX)) return;
      strip.scrollLeft += event.deltaY;
      event.preventDefault();
    },
    { passive: false },
  );
  return { fill, mark, forget: () => address && URL.revokeObjectURL(address) };
}

function addUpload(root, send) {
  const input = element("input", root, { type: "file", accept: "image/*", hidden: true });
  const button = element("button", root, { className: "tool", textContent: "Upload" });
  button.onclick = () => input.click();
  input.onchange = async () => {
    const [file] = input.files;
    if (file) send(file.name, await shrunk(file));
    input.value = ""; // the same file may be chosen again
  };
}

function addWebcam(root, model) {
  const button = element("button", root, { className: "tool", textContent: "Webcam", hidden: true });
  const video = element("video", root, { muted: true, playsInline: true, hidden: true });
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = FRAME;
  let stream = null;
  let starting = false; // it was asked for and did not answer yet: the browser may be asking its user
  let wish = 0; // the latest one; a camera that comes for an earlier one is turned off again
  let patience = 0;
  let number = 0; // of the one frame in flight

  const sendFrame = async () => {
    clearTimeout(patience);
    if (!stream) return;
    const side = Math.min(video.videoWidth, video.videoHeight);
    const pen = canvas.getContext("2d");
    pen.setTransform(-1, 0, 0, 1, FRAME, 0); // as in a mirror
    const [left, top] = [(video.videoWidth - side) / 2, (video.videoHeight - side) / 2];
    pen.drawImage(video, left, top, side, side, 0, 0, FRAME, FRAME);
    const bytes = await asBytes(canvas, "image/jpeg");
    if (!stream) return;
    number += 1;
    model.send({ kind: "frame", name: "webcam", number }, undefined, [bytes]);
    patience = setTimeout(sendFrame, PATIENCE);
  };
  const release = (camera) => camera.getTracks().forEach((track) => track.stop());
  const off = (tell = true) => {
    clearTimeout(patience);
    wish += 1;
    starting = false;
    if (!stream) return;
    release(stream);
    stream = video.srcObject = null;
    button.setAttribute("aria-pressed", false);
    if (tell) model.send({ kind: "webcam", on: false });
  };
  const on = async () => {
    const mine = ++wish;
    starting = true;
    let camera;
    try {
      camera = await navigator.mediaDevices.getUserMedia({ video: { width: 640, height: 480 } });
    } catch (error) {
      if (mine !== wish) return;
      starting = false;
      const reason = error.name === "NotAllowedError" ? "the browser was not allowed to use it" : "none was found";
      model.send({ kind: "trouble", text: `The webcam does not start: ${reason}.` });
      return;
    }
    if (mine !== wish) return release(camera);
    starting = false;
    stream = camera;
    stream.getTracks().forEach((track) => (track.onended = () => stream === camera && off())); // unplugged
    button.setAttribute("aria-pressed", true);
    video.srcObject = stream;
    await video.play().catch(() => {}); // turned off before its first frame
    if (stream !== camera) return;
    model.send({ kind: "webcam", on: true });
    sendFrame();
  };
  button.onclick = () => (stream || starting ? off() : on());
  const answered = (which) => which === number && sendFrame();
  return { answered, off, offer: (wanted) => (button.hidden = !wanted) };
}

function render({ model, el }) {
  const root = element("div", el, { className: "chooser" });
  // whoever chooses something else turns the webcam off first: no late frame may take its place
  const strip = addStrip(root, (index) => {
    webcam.off();
    model.send({ kind: "choose", index });
  });
  addUpload(root, (name, bytes) => {
    webcam.off();
    model.send({ kind: "upload", name }, undefined, [bytes]);
  });
  const webcam = addWebcam(root, model);
  const hear = (message, buffers) => {
    if (message.kind === "strip") {
      strip.fill(message, buffers[0]);
      webcam.offer(message.webcam);
    } else if (message.kind === "chosen") {
      strip.mark(message.index);
    } else if (message.kind === "next") webcam.answered(message.number);
    else if (message.kind === "off") webcam.off();
  };
  model.on("msg:custom", hear);
  model.send({ kind: "ready" });
  return () => {
    model.off("msg:custom", hear);
    webcam.off(false);
    strip.forget();
  };
}

export default { render };
