// [data-print]: the browser's own print, by one tap. Without scripts a sentence says how to print.
for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}
