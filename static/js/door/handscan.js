// A hand scanner types like a very fast person and ends with Enter. Its keys are taken wherever the page stands, except in
// fields: there it types, and the field's own Enter sends. A person's typing is too slow to be meant. The pace is that of
// the whole burst: over Bluetooth single keys come late.
const PACE = 60; // milliseconds a key, on average
const PAUSE = 400; // after this a new burst begins
const LEAST = 8; // the shortest thing that is printed on a ticket

const inField = (target) => target instanceof Element && Boolean(target.closest("input:not([type=radio]), textarea, select, [contenteditable]"));

// `take(text)` gets what was scanned.
export const listen = (take) => {
  let [text, began, last] = ["", 0, 0];
  const isFast = () => text.length > 1 && (last - began) / (text.length - 1) <= PACE;
  const add = ({ key, timeStamp }) => {
    if (!text || timeStamp - last > PAUSE) [text, began] = ["", timeStamp];
    text += key;
    last = timeStamp;
  };
  const hear = (event) => {
    if (inField(event.target) || event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
    if (event.key.length === 1) {
      add(event);
      if (text.length > 3 && isFast()) event.preventDefault(); // no quick search, no scrolling by a burst
    } else if (event.key === "Enter") {
      if (text.length >= LEAST && isFast() && event.timeStamp - last <= PAUSE) {
        event.preventDefault();
        event.stopPropagation();
        take(text);
      }
      text = "";
    }
  };
  document.addEventListener("keydown", hear, { capture: true });
};
