// What the reader chose for her eyes (static/js/page/comfort.js), put on the page before it is painted: a module would come too
// late, and the page would jump. Blocks the first paint for these few bytes only; they travel beside the stylesheet.
(() => {
  try {
    Object.assign(document.documentElement.dataset, JSON.parse(localStorage.getItem("comfort") ?? "{}"));
  } catch {
    // No store, or something else in it: the page as it is for everybody.
  }
})();
