// Small pieces of the page that scripts make: an icon of _icons.html, a line, a button. Text is only ever text.
const SVG = "http://www.w3.org/2000/svg";

export const icon = (name, className) => {
  const svg = document.createElementNS(SVG, "svg");
  const use = document.createElementNS(SVG, "use");
  svg.setAttribute("class", className);
  svg.setAttribute("viewBox", "0 0 48 48");
  svg.setAttribute("aria-hidden", "true");
  use.setAttribute("href", `#icon-${name}`);
  svg.append(use);
  return svg;
};

// An element with a class, its attributes and what stands in it.
export const make = (tag, className, { text, lang, ...attributes } = {}, ...children) => {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  if (lang) made.lang = lang;
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children.filter(Boolean));
  return made;
};

export const button = (className, label, press, attributes = {}) => {
  const made = make("button", className, { type: "button", text: label, ...attributes });
  made.addEventListener("click", press);
  return made;
};
