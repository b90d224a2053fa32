// How many frames a second came, over the last ones.
const LAST = 12;

export class Rate {
  private times: number[] = [];

  constructor(private line: HTMLElement) {}

  tick(ending: string): void {
    this.times.push(performance.now());
    if (this.times.length > LAST) this.times.shift();
    if (this.times.length < 2) return;
    const seconds = (this.times.at(-1)! - this.times[0]) / 1000;
    this.say(`${((this.times.length - 1) / seconds).toFixed(1)} frames a second, ${ending}.`);
  }

  say(text: string): void {
    this.line.textContent = text;
  }

  forget(): void {
    this.times = [];
  }
}
