// The big answer: colour, icon, word, sound and touch, in the volunteer's language and in the guest's.
import { play } from "./sound.js";
import { knows, say } from "./words.js";

const LOOKS = {
  accepted: ["ok", "in"],
  exited: ["ok", "out"],
  undone: ["ok", "back"],
  already_in: ["ask", "twice"],
  not_yet: ["ask", "time"],
  too_late: ["ask", "time"],
  waitlisted: ["ask", "queue"],
  wrong_event: ["bad", "elsewhere"],
  wrong_list: ["bad", "elsewhere"],
  waiting: ["wait", "silent"],
  no_answer: ["ask", "silent"],
};
const STAYS = { ok: 4000, ask: 9000, bad: 9000 };

// What a result looks like: [tone, icon]; whatever is not known here is refused.
export const look = (result) => LOOKS[result] ?? ["bad", "no"];
export const title = (result) => say(knows(`title_${result}`) ? `title_${result}` : "title_error");

export const icon = (name, className) => {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  svg.setAttribute("class", className);
  svg.setAttribute("viewBox", "0 0 48 48");
  svg.setAttribute("aria-hidden", "true");
  use.setAttribute("href", `#icon-${name}`);
  svg.append(use);
  return svg;
};

const paragraph = ({ text, lang, kind }) => {
  const line = document.createElement("p");
  line.className = `verdict__${kind}`;
  if (lang) line.lang = lang;
  line.textContent = text;
  return line;
};

const button = ({ label, press, main }) => {
  const made = document.createElement("button");
  made.type = "button";
  made.className = main ? "btn verdict__act verdict__act--main" : "btn verdict__act";
  made.textContent = label;
  made.addEventListener("click", press);
  return made;
};

export class Verdict {
  #root;
  #body;
  #acts;
  #live;
  #timer = 0;
  #tone = "";

  // `root` is the panel of _verdict.html; `onClear` is told when it makes room for the next guest.
  constructor(root, onClear = () => {}) {
    this.#root = root;
    this.#body = root.querySelector("[data-verdict-body]");
    this.#acts = root.querySelector("[data-verdict-acts]");
    this.#live = document.querySelector("[data-verdict-live]");
    this.onClear = onClear;
    root.addEventListener("click", (event) => {
      if (!event.target.closest("button") && this.#tone !== "wait") this.clear();
    });
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && this.shown && this.#tone !== "wait") this.clear();
    });
  }

  get shown() {
    return !this.#root.hidden;
  }

  // Whether the next code must wait until somebody has read this one.
  get blocks() {
    return this.shown && this.#tone !== "ok";
  }

  // A quiet panel while the server is being asked.
  wait() {
    this.#paint({ tone: "wait", icon: "dots", word: say("checking"), lines: [], acts: [] });
  }

  // `stay`: milliseconds until the next guest; 0 stays until somebody presses.
  show({ tone, icon: name, word, lines = [], acts = [], stay = STAYS[tone] }) {
    const dismiss = { label: say("next_guest"), press: () => this.clear() };
    this.#paint({ tone, icon: name, word, lines, acts: [...acts, dismiss] });
    this.#live.textContent = [word, ...lines.filter((line) => !line.lang).map((line) => line.text)].join(" ");
    play(tone);
    if (stay) this.#timer = setTimeout(() => this.clear(), stay);
  }

  clear() {
    clearTimeout(this.#timer);
    const held = this.#root.contains(document.activeElement);
    this.#root.hidden = true;
    this.#tone = "";
    this.#live.textContent = "";
    this.onClear(held);
  }

  #paint({ tone, icon: name, word, lines, acts }) {
    clearTimeout(this.#timer);
    const held = this.#root.contains(document.activeElement);
    this.#tone = tone;
    this.#root.dataset.tone = tone;
    this.#body.replaceChildren(icon(name, "verdict__icon"), paragraph({ text: word, kind: "word" }), ...lines.map(paragraph));
    this.#acts.replaceChildren(...acts.map(button));
    this.#root.hidden = false;
    if (held) this.#root.focus({ preventScroll: true });
  }
}
