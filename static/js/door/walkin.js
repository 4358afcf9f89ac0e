// Guests without a ticket: one tap counts one, minus takes it back. Today's number is this phone's own, per list.
import { keep, pref } from "./prefs.js";
import { play } from "./sound.js";
import { number } from "./messages.js";

const KEY = "crowd";
const today = () => new Date().toLocaleDateString("en-CA");

export class WalkIn {
  #part;
  #engine;
  #checkInList;
  #rehearsal;
  #rehearsed = 0; // counts nowhere and is forgotten

  // `list()` gives the chosen list, `rehearsal()` whether nothing counts.
  constructor(part, { engine, checkInList, rehearsal }) {
    this.#part = part;
    this.#engine = engine;
    this.#checkInList = checkInList;
    this.#rehearsal = rehearsal;
    part("plus").addEventListener("click", () => this.#click(1));
    part("minus").addEventListener("click", () => this.#click(-1));
    this.draw();
  }

  draw() {
    if (!this.#rehearsal()) this.#rehearsed = 0;
    const count = this.#count();
    this.#part("crowd-count").textContent = number(count);
    this.#part("minus").disabled = count === 0;
  }

  #key = () => `${this.#engine.device?.event.slug} ${this.#checkInList()?.slug}`;

  #count() {
    if (this.#rehearsal()) return this.#rehearsed;
    const kept = pref(KEY);
    return kept?.on === today() ? (kept.counts[this.#key()] ?? 0) : 0;
  }

  #set(count) {
    if (this.#rehearsal()) this.#rehearsed = count;
    else {
      const kept = pref(KEY);
      keep(KEY, { on: today(), counts: { ...(kept?.on === today() ? kept.counts : {}), [this.#key()]: count } });
    }
  }

  // Shown at once; the click is on the phone before anything is sent.
  #click(delta) {
    const checkInList = this.#checkInList();
    const count = this.#count() + delta;
    if (!checkInList || count < 0) return;
    this.#set(count);
    this.draw();
    play(delta > 0 ? "plus" : "minus", { rehearsal: this.#rehearsal() });
    this.#engine.click({ list: checkInList.slug, delta, rehearsal: this.#rehearsal() });
  }
}
