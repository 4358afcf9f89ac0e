// A hand scanner types like a very fast person and ends with Enter. A person's typing is too slow to be meant. The pace is
// that of the whole burst: over Bluetooth single keys come late. Its keys are taken wherever the page stands; in a field
// only where they make a whole code of ours, and the field is left as it was before.
//
// A scanner presses the keys of a US keyboard. Both readings are judged, what this phone's layout made of them and what a
// US keyboard would have: whichever is ours is meant.
import { readCode, readReference } from "./codes.js";
import { onUsKeyboard } from "./keys.js";

const PACE = 60; // milliseconds a key, on average
const PAUSE = 400; // after this a new burst begins
const LEAST = 8; // the shortest thing that is printed on a ticket
const ALIKE = 0.6; // of the letters and digits of our address: German and Lithuanian keyboards move some

const fieldOf = (target) => (target instanceof Element ? target.closest("input:not([type=radio]), textarea, select, [contenteditable]") : null);

// Whether this may be the address on one of our tickets, typed by a scanner that is set to yet another layout.
export const looksLikeOurs = (text, hosts) =>
  hosts.flatMap((host) => [`https://${host}/t/`, `http://${host}/t/`]).some((start) => {
    const same = [...start].filter((char, at) => /[0-9a-z]/.test(char) && text[at]?.toLowerCase() === char);
    return text.length === start.length + 26 && same.length >= ALIKE * start.replace(/[^0-9a-z]/g, "").length;
  });

class Burst {
  #began = 0;
  #last = 0;
  #keys = 0;
  typed = "";
  us = "";
  before = ""; // what stood in the field

  add(event) {
    const char = onUsKeyboard(event);
    if (!this.#keys || this.isOver(event)) this.#begin(event);
    this.#keys += 1;
    this.#last = event.timeStamp;
    this.typed += event.key.length === 1 ? event.key : "";
    this.us += char ?? "";
  }

  isOver = ({ timeStamp }) => timeStamp - this.#last > PAUSE;
  isFast = (least) => this.#keys >= least && (this.#last - this.#began) / (this.#keys - 1) <= PACE;

  #begin({ timeStamp, target }) {
    [this.#began, this.#keys, this.typed, this.us] = [timeStamp, 0, "", ""];
    this.before = fieldOf(target)?.value ?? "";
  }
}

// `take({text, ours, moved})` gets each burst: `text` is ours where one of its readings is; `moved` says that the layouts differ:
// "read" where it was read all the same, "unread" where it only looks like our address.
export const listen = (hosts, take) => {
  const isOurs = (text) => Boolean(readCode(text, hosts) ?? readReference(text));
  let burst = new Burst();

  const judge = ({ typed, us }) => {
    if (isOurs(typed)) return { text: typed, ours: true, moved: "" };
    if (isOurs(us)) return { text: us, ours: true, moved: "read" };
    return { text: typed, ours: false, moved: [typed, us].some((text) => looksLikeOurs(text, hosts)) ? "unread" : "" };
  };

  const end = (event) => {
    const [field, heard, over] = [fieldOf(event.target), judge(burst), !burst.isFast(LEAST) || burst.isOver(event)];
    const { before } = burst;
    burst = new Burst();
    if (over || event.isComposing || (field && !readCode(heard.text, hosts) && heard.moved !== "unread")) return;
    event.preventDefault();
    event.stopPropagation();
    if (field) field.value = before;
    take(heard);
  };

  const hear = (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.key === "Enter") return end(event);
    if (event.key.length !== 1 && event.key !== "Dead") return;
    burst.add(event);
    if (burst.isFast(4) && !fieldOf(event.target)) event.preventDefault(); // no quick search, no scrolling by a burst
  };
  document.addEventListener("keydown", hear, { capture: true });
};
