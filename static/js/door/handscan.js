// A hand scanner types like a very fast person and ends with Enter. Its keys are taken wherever the page stands, except in
// fields: there it types, and the field's own Enter sends. A person's typing is too slow to be meant.
const GAP = 60; // milliseconds between two keys of one burst
const LEAST = 8; // the shortest thing that is printed on a ticket

const inField = (target) => target instanceof Element && Boolean(target.closest("input, textarea, select, [contenteditable]"));

// `take(text)` gets what was scanned.
export const listen = (take) => {
  let text = "";
  let last = 0;
  const key = (event) => {
    if (inField(event.target) || event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
    if (event.timeStamp - last > GAP) text = "";
    last = event.timeStamp;
    if (event.key.length === 1) {
      text += event.key;
      if (text.length > 3) event.preventDefault(); // no quick search, no scrolling by a burst
    } else if (event.key === "Enter" && text.length >= LEAST) {
      event.preventDefault();
      event.stopPropagation();
      take(text);
      text = "";
    }
  };
  document.addEventListener("keydown", key, { capture: true });
};
