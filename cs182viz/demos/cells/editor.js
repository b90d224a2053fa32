// A text area for code: what is typed, pasted or opened goes to the kernel, and where the caret stands.
// Whatever is too long is refused here, so that it never travels.

const PAUSE = 200; // milliseconds without a key after which the text is sent
const NAME = "Code that the network reads";

function render({ model, el }) {
  const longest = model.get("longest");
  el.classList.add("code-editor");
  el.innerHTML = `<label class="code-label"></label>
    <textarea class="code" rows="12" spellcheck="false" autocapitalize="off" autocorrect="off" wrap="off"></textarea>
    <div class="code-tools">
      <button type="button" class="tool">Upload</button>
      <input type="file" accept=".c,.h,.txt,text/*" aria-label="A file of code" hidden>
      <span class="code-help">Tab leaves the field. The arrow keys move the place whose guesses are shown.</span>
    </div>`;
  const [label, area, button, input] = ["label", "textarea", "button", "input"].map((tag) => el.querySelector(tag));
  area.id = `code-${Math.random().toString(36).slice(2)}`;
  label.htmlFor = area.id;
  label.textContent = NAME;

  let timer = null;
  let caret = -1;
  const send = () => {
    clearTimeout(timer);
    timer = null;
    model.send({ kind: "text", text: area.value });
  };
  const refuse = (name, length) => model.send({ kind: "refused", name, length });
  // Positions count UTF-16 units here and characters there.
  const place = () => Array.from(area.value.slice(0, area.selectionStart)).length;
  const moved = () => {
    if (timer === null && place() !== caret) {
      caret = place();
      model.send({ kind: "caret", place: caret });
    }
  };

  let before = area.value;
  const changed = () => {
    if (area.value.length > longest) {
      refuse("the text", area.value.length);
      area.value = before;
      return;
    }
    before = area.value;
    caret = -1;
    clearTimeout(timer);
    timer = setTimeout(() => { send(); moved(); }, PAUSE);
  };
  const pasted = (event) => {
    const text = event.clipboardData?.getData("text/plain") ?? "";
    if (text.length + area.value.length - (area.selectionEnd - area.selectionStart) <= longest) return;
    event.preventDefault();
    refuse("what was pasted", text.length);
  };
  const opened = async () => {
    const [file] = input.files;
    input.value = "";
    if (!file) return;
    if (file.size > 4 * longest) {
      refuse(file.name, file.size);
      return;
    }
    model.send({ kind: "file", name: file.name }, undefined, [await file.arrayBuffer()]);
  };
  const took = (message) => {
    if (message.kind !== "show" || (message.text === area.value)) return;
    area.value = before = message.text;
    area.setSelectionRange(0, 0);
    area.scrollTop = 0;
    caret = -1;
  };

  area.addEventListener("input", changed);
  area.addEventListener("paste", pasted);
  for (const event of ["keyup", "click", "select"]) area.addEventListener(event, moved);
  area.addEventListener("keydown", (event) => event.stopPropagation()); // or the notebook swallows Enter
  button.addEventListener("click", () => input.click());
  input.addEventListener("change", opened);
  model.on("msg:custom", took);
  model.send({ kind: "ready" });
  return () => {
    clearTimeout(timer);
    model.off("msg:custom", took);
  };
}

export default { render };
