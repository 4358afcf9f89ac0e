// Rehearsal: everything is tried, nothing counts, and nobody can take it for the real thing. It lasts as long as the tab,
// and asks to be ended once the list admits.
import { isOpen } from "./check-in-lists.js";

const KEY = "door.rehearsal";
const AGAIN = 10 * 60_000; // "go on" is believed for ten minutes

export class Rehearsal {
  #root;
  #part;
  #checkInList;
  #changed;
  #quiet = 0;
  on = false;

  constructor(root, part, { checkInList, changed }) {
    this.#root = root;
    this.#part = part;
    this.#checkInList = checkInList;
    this.#changed = changed;
    part("rehearsal-switch").addEventListener("click", () => this.turn(!this.on));
    for (const press of root.querySelectorAll("[data-rehearsal-end]")) press.addEventListener("click", () => this.turn(false));
    part("rehearsal-on").addEventListener("click", () => {
      this.#quiet = Date.now() + AGAIN;
      this.draw();
    });
    this.on = recall();
    this.draw();
  }

  turn(on) {
    this.on = on;
    this.#quiet = on ? Date.now() + AGAIN * Number(this.#admits()) : 0; // whoever begins while it is open knows that
    remember(on);
    this.draw();
    this.#changed();
  }

  // Also called every few seconds: the list may have opened meanwhile.
  draw() {
    this.#root.toggleAttribute("data-rehearsal", this.on);
    this.#part("rehearsal-bar").hidden = !this.on;
    this.#part("rehearsal-switch").setAttribute("aria-checked", String(this.on));
    this.#part("rehearsal-ask").hidden = !(this.on && this.#admits() && Date.now() > this.#quiet);
  }

  #admits() {
    const checkInList = this.#checkInList();
    return Boolean(checkInList) && isOpen(checkInList);
  }
}

const recall = () => {
  try {
    return sessionStorage.getItem(KEY) === "1";
  } catch {
    return false;
  }
};

const remember = (on) => {
  try {
    if (on) sessionStorage.setItem(KEY, "1");
    else sessionStorage.removeItem(KEY);
  } catch {
    // it ends with the page
  }
};
