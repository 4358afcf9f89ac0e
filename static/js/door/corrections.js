// Answers that came later and differ from what the phone had said: a quiet notice that waits until it is read.
import { make } from "./dom.js";
import { title } from "./answer-view.js";
import { say } from "./messages.js";

const LINES = 3;

export class Corrections {
  #root;
  #list;
  #clock;

  constructor(root, clock) {
    this.#root = root;
    this.#list = root.querySelector("[data-corrections-list]");
    this.#clock = clock;
    root.querySelector("[data-corrections-seen]").addEventListener("click", () => this.#seen());
  }

  // `before` is the result that the volunteer had been told.
  add(answer, before) {
    const about = [this.#clock(answer.scan.at), title(answer), answer.guest?.initials].filter(Boolean).join(" · ");
    const why = before === "accepted" ? "late_in" : answer.result === "accepted" ? "late_out" : "";
    this.#list.prepend(make("li", "corrections__one", {}, make("strong", "", { text: about }), why && make("span", "", { text: ` ${say(why)}` })));
    while (this.#list.children.length > LINES) this.#list.lastElementChild.remove(); // the log and a supervisor have them all
    this.#root.hidden = false;
  }

  #seen() {
    this.#list.replaceChildren();
    this.#root.hidden = true;
  }
}
