// The last eight scans of this phone, newest first: each opens its answer again; the newest that may be taken back says so.
import { button, icon, make } from "./dom.js";
import { look, title } from "./answer-view.js";
import { say } from "./messages.js";

const LENGTH = 8;
const WAITING = { result: "waiting", source: "server" };

export class Log {
  #list;
  #engine;
  #controller;
  #clock;
  #asked = 0;

  constructor(list, { engine, controller, clock }) {
    this.#list = list;
    this.#engine = engine;
    this.#controller = controller;
    this.#clock = clock;
  }

  // Draws what the phone remembers; a slower, older drawing never covers a newer one.
  async draw() {
    this.#asked += 1;
    const turn = this.#asked;
    const entries = await this.#engine.recent(LENGTH);
    if (turn !== this.#asked) return;
    const newest = entries.find(({ scan, answer, undone }) => answer && this.#controller.mayUndo({ ...answer, scan }, undone));
    this.#list.replaceChildren(...entries.map((entry) => this.#row(entry, entry === newest)));
  }

  #row(entry, undoable) {
    const answer = { ...(entry.answer ?? WAITING), scan: entry.scan };
    const [tone, name] = look(answer);
    const open = make("button", "log__open", { type: "button" }, icon(name, "log__icon"), this.#text(entry, answer), offline(answer));
    open.addEventListener("click", () => this.#controller.reopen(entry));
    const row = make("li", `log__row log__row--${tone}${entry.undone ? " log__row--undone" : ""}`, {}, open);
    if (undoable) row.append(button("btn btn--quiet log__undo", say("undo"), () => this.#controller.askUndo(entry.scan, answer.guest)));
    return row;
  }

  #text({ scan, undone }, answer) {
    const parts = [this.#clock(scan.at), undone ? say("title_undone") : title(answer), answer.guest?.initials, scan.rehearsal && say("rehearsal")];
    return make("span", "log__text", { text: parts.filter(Boolean).join(" · ") });
  }
}

const offline = ({ source }) => source === "phone" && make("span", "log__offline", { text: say("offline") });
