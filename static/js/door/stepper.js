// How many of a party. One code was shown, so one guest was let in by the scan itself; the rest is asked, and every answer
// up to six is one tap: all who are missing, a number, or nobody else. A larger party gets − and + around "all".
//
// Taps for a party of n of whom k come in now: k = 1: one ("nobody else"); k = n: one ("all"); otherwise one (its number),
// beyond six 1 + (n − k). A guest alone on a ticket: none. Admitting nobody before the number is chosen would cost the
// same and lose the guest whenever the volunteer turns to the next; admitting all at once would count people who are not there.
import { button, make } from "./dom.js";
import { say } from "./messages.js";

const NUMBERS = 6;

// Those who come with the one who was scanned. `press(count)` is called once; `all` is the word of the main button.
export const stepper = ({ left, question, all, press }) => {
  const ask = make("p", "steps__question", { text: question, id: "steps-question" });
  const whole = (count, label) => button("btn verdict__act verdict__act--main", label, () => press(count));
  if (left === 1) return group(ask, whole(1, say("one_more")));
  if (left <= NUMBERS) return group(ask, numbers(left, press), whole(left, say(all, { count: left })));
  return group(ask, ...counter(left, all, press));
};

const group = (...parts) => make("div", "steps", { role: "group", "aria-labelledby": "steps-question" }, ...parts);

const numbers = (left, press) => {
  const some = Array.from({ length: left - 1 }, (_, at) => at + 1);
  return make("div", "steps__row", {}, ...some.map((count) => button("btn verdict__act steps__number", `+${count}`, () => press(count))));
};

const counter = (left, all, press) => {
  let count = left;
  const shown = make("output", "steps__count", { text: String(count) });
  const go = button("btn verdict__act verdict__act--main", "", () => press(count));
  const set = (next) => {
    count = Math.min(left, Math.max(1, next));
    shown.textContent = String(count);
    go.textContent = count === left ? say(all, { count }) : say("these_more", { count });
  };
  const step = (sign, by, label) => button("btn verdict__act steps__number", sign, () => set(count + by), { "aria-label": label });
  set(left);
  return [make("div", "steps__row", {}, step("−", -1, say("fewer")), shown, step("+", 1, say("one_more"))), go];
};
