// The big answer: colour, icon, word, sound and touch over the whole screen, in the volunteer's language and in the guest's.
import { button, icon, make } from "./dom.js";
import { drawn } from "./answer-view.js";
import { play } from "./sound.js";
import { say, sentences } from "./messages.js";

const STAYS = { ok: 4000, ask: 9000, bad: 9000 }; // milliseconds

export class Verdict {
  #root;
  #parts;
  #timer = 0;
  #tone = "";
  #asks = false;
  subject = null; // the id of the scan that is shown

  // `root` is the dialog of _verdict.html. Closing it gives the keyboard back to where it was.
  constructor(root) {
    this.#root = root;
    this.#parts = Object.fromEntries(["live", "tags", "body", "more", "acts"].map((name) => [name, root.querySelector(`[data-verdict-${name}]`)]));
    root.addEventListener("click", (event) => {
      if (!event.target.closest("button, input, label") && !this.#asks && this.#tone !== "wait") this.clear();
    });
    root.addEventListener("cancel", (event) => {
      event.preventDefault();
      if (this.#tone !== "wait") this.clear();
    });
    root.addEventListener("close", () => !root.open && this.clear()); // told late: by then another one may stand
  }

  get shown() {
    return this.#tone !== "";
  }

  // Whether the camera must wait until somebody has read this one.
  get blocks() {
    return this.shown && (this.#tone !== "ok" || this.#asks);
  }

  // Whether a question stands that only a press may answer.
  get asks() {
    return this.shown && this.#asks;
  }

  // A quiet panel while the server is being asked.
  wait() {
    this.#paint({ tone: "wait", icon: "dots", word: say("checking"), lines: [], acts: [] });
  }

  // `stay`: milliseconds until the next guest; 0 stays until somebody presses. `asks`: no tap beside a button ends it.
  // `acts`: {label, press, main}; `more`: an element above them; `tune` null is silent; `next`: the button that ends it.
  show({ tone, tune = tone, word, lines = [], tags = [], acts = [], asks = false, stay = STAYS[tone], subject = null, next = say("next_guest"), sound = {}, ...rest }) {
    const dismiss = next && { label: next, press: () => this.clear(), last: true };
    this.#paint({ ...rest, tone, word, lines, tags, asks, acts: [...acts, dismiss].filter(Boolean) });
    this.subject = subject;
    this.#parts.live.textContent = sentences([...tags.map(({ text }) => text), word, ...lines.filter(({ lang }) => !lang).map(({ text }) => text)]);
    if (tune) play(tune, sound);
    if (stay && !asks) this.#timer = setTimeout(() => this.clear(), stay);
  }

  clear() {
    clearTimeout(this.#timer);
    if (!this.shown) return;
    this.#tone = "";
    this.subject = null;
    this.#parts.live.textContent = "";
    this.#root.close();
  }

  #paint({ tone, icon: name, word, lines, tags = [], acts, more = null, asks = false }) {
    clearTimeout(this.#timer);
    this.#tone = tone;
    this.#asks = asks;
    Object.assign(this.#root.dataset, { tone, rehearsal: tags.some(({ kind }) => kind === "rehearsal") });
    const longest = Math.max(...word.split(/\s+/).map((part) => part.length));
    const size = longest <= 7 && word.length <= 14 ? "l" : longest <= 10 ? "m" : "s";
    this.#parts.tags.replaceChildren(...tags.map(tag));
    this.#parts.body.replaceChildren(icon(name, "verdict__icon"), make("p", `verdict__word verdict__word--${size}`, { text: word }), ...lines.map(drawn));
    this.#parts.more.replaceChildren(...(more ? [more] : []));
    this.#parts.acts.replaceChildren(...acts.map(act));
    if (!this.#root.open) this.#root.showModal();
    this.#root.focus({ preventScroll: true });
    this.#root.scrollTop = 0;
  }
}

const tag = ({ kind, icon: name, text }) => make("span", `tag tag--${kind}`, {}, name && icon(name, "tag__icon"), make("span", "", { text }));

const act = ({ label, press, main, last }) => button(`btn verdict__act${main ? " verdict__act--main" : ""}${last ? " verdict__act--last" : ""}`, label, press);
