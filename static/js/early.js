// What has to be known before the page is painted, because a module would come too late and the page would jump: what the
// reader chose for her eyes (static/js/page/comfort.js), whether her own language will be offered in a line under the header
// (static/js/page/languages.js), and that scripts run (data-scripts: what a script will hide is hidden at once). Blocks the
// first paint for these few bytes only; they travel beside the stylesheet.
(() => {
  const root = document.documentElement;
  root.dataset.scripts = "";
  try {
    Object.assign(root.dataset, JSON.parse(localStorage.getItem("comfort") ?? "{}"));
  } catch {
    // No store, or something else in it: the page as it is for everybody.
  }
  const known = (document.currentScript.dataset.known ?? "").split(" ");
  const wanted = (navigator.languages ?? [navigator.language])
    .map((tag) => tag.slice(0, 2).toLowerCase())
    .find((code) => known.includes(code));
  if (wanted && wanted !== root.lang && !/(?:^|; )lang=[a-z]{2}/.test(document.cookie)) root.dataset.offer = wanted;
})();
