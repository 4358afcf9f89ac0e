// [data-agenda]: when what is on now has moved on, or the agenda was changed, #agenda is fetched again (hx-trigger).
const now = document.querySelector("[data-agenda]");
const agenda = document.querySelector("#agenda");
if (now && agenda) {
  const tell = () => agenda.dispatchEvent(new CustomEvent("agenda-changed"));
  new MutationObserver(tell).observe(now, { attributes: true, attributeFilter: ["data-agenda"] });
}
