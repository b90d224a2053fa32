// What all pages have in common: a line that says what goes on, Stop, and the newest wish first.
import { button, element } from "./dom.ts";

export class Demo {
  readonly body = document.getElementById("body")!;
  onStop: () => void = () => undefined;
  private number = 0; // of the newest wish
  private stopper: HTMLButtonElement;
  private status: HTMLElement;
  private progress: HTMLProgressElement;
  private count: HTMLElement;

  constructor() {
    const footer = element("footer", this.body.parentElement, { className: "footer" });
    this.stopper = button(footer, "Stop", () => this.stop());
    this.stopper.disabled = true;
    this.progress = element("progress", footer, { max: 1, hidden: true, ariaLabel: "how much is done" });
    this.count = element("span", footer, { className: "count", hidden: true }); // not read out each time it grows
    this.status = element("p", footer, { className: "status" });
    this.status.setAttribute("role", "status");
  }

  // Do something that takes time; `newest` becomes false when something else was asked for, or Stop was pressed.
  async run(doing: string, job: (newest: () => boolean) => Promise<string | void>): Promise<void> {
    const own = ++this.number;
    const newest = () => own === this.number;
    if (doing) this.say(doing);
    this.stopper.disabled = false;
    try {
      const done = await job(newest);
      if (newest()) this.rest(done ?? "");
    } catch (error) {
      if (newest()) this.fail(error);
    }
  }

  stop(): void {
    this.number += 1;
    this.onStop();
    this.rest("Stopped.");
  }

  // The first picture is there.
  ready(): void {
    this.body.dataset.ready = "";
  }

  say(text: string): void {
    this.status.classList.remove("error");
    if (this.status.textContent !== text) this.status.textContent = text;
  }

  showProgress(share: number, count = ""): void {
    this.progress.hidden = false;
    this.progress.value = share;
    this.count.hidden = !count;
    this.count.textContent = count;
  }

  fail(error: unknown): void {
    const text = error instanceof Error ? error.message : String(error);
    this.rest(/[.!?]$/.test(text) ? text : `${text}.`);
    this.status.classList.add("error");
  }

  private rest(text: string): void {
    this.stopper.disabled = true;
    this.progress.hidden = this.count.hidden = true;
    this.say(text);
  }
}

// Wait a moment, so that the page is drawn and a newer wish is heard.
export function breath(milliseconds = 0): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
