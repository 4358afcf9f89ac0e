// The words of the page, translated by the server: <template data-words> holds <p data-word="name">, with {places} to fill.
const table = new Map();
for (const template of document.querySelectorAll("template[data-words]"))
  for (const word of template.content.querySelectorAll("[data-word]")) table.set(word.dataset.word, word.textContent.trim());

export const knows = (name) => table.has(name);

export const say = (name, values = {}) =>
  (table.get(name) ?? "").replace(/\{(\w+)\}/g, (place, key) => String(values[key] ?? place));
