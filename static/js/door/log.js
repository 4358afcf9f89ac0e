// The last scans of this phone, newest first: what came of each, and what still waits for an answer.
import { icon, look, title } from "./verdict.js";

const LENGTH = 5;

export class Log {
  #list;
  #clock;
  #undo;
  #rows = new Map();

  // `undo(scan, guest)` is called by the button of the newest entry that can be taken back.
  constructor(list, { clock, undo }) {
    this.#list = list;
    this.#clock = clock;
    this.#undo = undo;
  }

  // Writes or rewrites the row of a scan; `answer` is null while the server has not said anything.
  put(scan, answer) {
    const row = this.#rows.get(scan.id) ?? document.createElement("li");
    const result = answer ? (answer.result ?? "error") : "waiting";
    const [tone, name] = look(result);
    row.className = `log__row log__row--${tone}`;
    row.replaceChildren(icon(name, "log__icon"), this.#text(scan, answer, result));
    if (!this.#rows.has(scan.id)) this.#list.prepend(row);
    this.#rows.set(scan.id, row);
    this.#offerUndo(scan, answer, result);
    this.#trim();
  }

  #text(scan, answer, result) {
    const text = document.createElement("span");
    text.className = "log__text";
    text.textContent = [this.#clock(scan.at), title(result), answer?.guest?.initials].filter(Boolean).join(" · ");
    return text;
  }

  #offerUndo(scan, answer, result) {
    const old = this.#list.querySelector("[data-undo]");
    if (result === "undone" && old?.dataset.undo === scan.undoes) old.remove();
    if (result !== "accepted" && result !== "exited") return;
    old?.remove();
    const press = this.#list.ownerDocument.querySelector("template[data-undo-button]").content.firstElementChild.cloneNode(true);
    press.dataset.undo = scan.id;
    press.addEventListener("click", () => this.#undo(scan, answer.guest));
    this.#rows.get(scan.id).append(press);
  }

  #trim() {
    for (const [id, row] of this.#rows) {
      if (this.#rows.size <= LENGTH) return;
      row.remove();
      this.#rows.delete(id);
    }
  }
}
