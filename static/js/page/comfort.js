// [data-comfort]: larger text and higher contrast, kept on this phone only. static/js/early.js puts them on the next page.
const root = document.documentElement;
const menu = document.querySelector("[data-comfort]");
const switches = menu ? [...menu.querySelectorAll("[data-comfort-name]")] : [];

const isOn = ({ dataset }) => root.dataset[dataset.comfortName] === dataset.comfortValue;
const draw = () => {
  for (const one of switches) one.setAttribute("aria-checked", String(isOn(one)));
};

const keep = () => {
  const chosen = Object.fromEntries(switches.filter(isOn).map(({ dataset }) => [dataset.comfortName, dataset.comfortValue]));
  try {
    localStorage.setItem("comfort", JSON.stringify(chosen));
  } catch {
    // Private mode of old browsers: it holds for this page.
  }
};

for (const one of switches)
  one.addEventListener("click", () => {
    const { comfortName: name, comfortValue: value } = one.dataset;
    if (isOn(one)) delete root.dataset[name];
    else root.dataset[name] = value;
    draw();
    keep();
  });

menu?.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || !menu.open) return;
  menu.open = false;
  menu.querySelector("summary").focus({ preventScroll: true });
});
document.addEventListener("click", (event) => {
  if (menu?.open && !menu.contains(event.target)) menu.open = false;
});
window.addEventListener("pageshow", draw); // a page that comes back from the browser's memory
if (menu) menu.hidden = false;
draw();
