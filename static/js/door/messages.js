// The words of the page, translated by the server: <template data-words> holds <p data-word="name">, with {places} to fill.
const table = new Map();
for (const template of document.querySelectorAll("template[data-words]"))
  for (const word of template.content.querySelectorAll("[data-word]")) table.set(word.dataset.word, word.textContent.trim());

const STEPS = [["day", 86_400], ["hour", 3600], ["minute", 60]];

export const knows = (name) => table.has(name);

// Without a full stop that follows the end of a sentence; three dots in a row stay (app/core/punctuation.py does the same).
const oneStop = (text) => text.replace(/(?<![.…])([.!?…])\.(?!\.)/g, "$1");

export const say = (name, values = {}) =>
  oneStop((table.get(name) ?? "").replace(/\{(\w+)\}/g, (place, key) => String(values[key] ?? place)));

// What is spoken in one breath: each part ends once, those without a stop of their own in a full one.
export const sentences = (parts) => parts.filter(Boolean).map((part) => oneStop(`${part.trim()}.`)).join(" ");

export const number = (value) => new Intl.NumberFormat(document.documentElement.lang).format(value);

// "3 min. ago" in the page's language; less than a minute is "now".
export const ago = (at, now = Date.now()) => {
  const seconds = Math.max(0, (now - Date.parse(at)) / 1000);
  const words = new Intl.RelativeTimeFormat(document.documentElement.lang, { numeric: "auto", style: "short" });
  const [unit, length] = STEPS.find(([, long]) => seconds >= long) ?? ["second", Infinity];
  return words.format(-Math.floor(seconds / length), unit);
};
