// [hx-trigger*=every]: polls rest while the page is hidden, wake with it, back off when there is no answer,
// and [data-offline] says so. What was shown stays readable.
const bar = document.querySelector("[data-offline]");
let failures = 0;
let restUntil = 0;

const polls = (event) => event.detail?.ctx?.request?.method === "GET" && event.target.matches?.('[hx-trigger*="every"]');

document.addEventListener("htmx:before:request", (event) => {
  if (polls(event) && (document.hidden || Date.now() < restUntil)) event.preventDefault();
});
document.addEventListener("htmx:error", () => {
  failures += 1;
  restUntil = Date.now() + Math.min(10_000 * 2 ** failures, 120_000);
  if (bar) bar.hidden = false;
});
document.addEventListener("htmx:after:request", (event) => {
  if (!event.detail?.ctx?.response) return;
  failures = 0;
  restUntil = 0;
  if (bar) bar.hidden = true;
});

const wake = () => {
  if (document.hidden) return;
  restUntil = 0;
  for (const element of document.querySelectorAll('[hx-trigger*="every"]')) element.dispatchEvent(new CustomEvent("wake"));
};
document.addEventListener("visibilitychange", wake);
window.addEventListener("online", wake);
