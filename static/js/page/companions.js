// [data-companions]: names are asked of two people or more. The box of a party of one is hidden (before the first paint by
// static/js/early.js and forms.css), and what stands in it is not sent; it is there again when the number grows.
const box = document.querySelector("[data-companions]");
const size = document.querySelector("#party_size");
if (box && size) {
  const names = box.querySelector("textarea");
  const ask = (asked) => {
    box.dataset.companions = "";
    box.hidden = names.disabled = !asked;
  };
  const several = () => size.value !== "1";
  const look = () => ask(several() || (!names.disabled && names.value.trim() !== ""));
  size.addEventListener("change", () => ask(several()));
  window.addEventListener("pageshow", look); // a browser that restores what was typed does so before this
  look();
}
