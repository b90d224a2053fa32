// The lecture's quiz on the Kullback-Leibler divergence: a wrong choice says why and offers another try.
import about from "../../public/data/quiz.json";
import { button, element } from "../parts/dom.ts";

export function addQuiz(parent: Element): void {
  const root = element("section", parent, { className: "quiz", ariaLabel: "Quiz" });
  element("h2", root, { textContent: "Quiz" });
  const set = element("fieldset", root);
  element("legend", set, { textContent: about.question });
  const choices = Object.entries<string>(about.choices);
  const inputs = choices.map(([letter, text]) => {
    const label = element("label", set, { className: "choice" });
    const input = element("input", label, { type: "radio", name: "quiz", value: letter });
    element("span", label, { textContent: `${letter}. ${text}` });
    return input;
  });
  const check = button(root, "Check", () => {
    const letter = inputs.find((input) => input.checked)?.value;
    if (letter) judge(letter, verdict);
  });
  check.disabled = true;
  const verdict = element("p", root, { className: "verdict" });
  verdict.setAttribute("role", "status");
  set.onchange = () => {
    check.disabled = false;
    verdict.textContent = "";
  };
}

function judge(letter: string, verdict: HTMLElement): void {
  const right = letter === about.correct;
  const reason = (about.reasons as Record<string, string>)[letter];
  verdict.textContent = `${letter} is ${right ? "right" : "wrong"}. ${reason}${right ? "" : " Try again."}`;
  verdict.className = `verdict ${right ? "right" : "wrong"}`;
}
