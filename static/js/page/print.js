// [data-print]: the browser's own print, by one tap. Without scripts [data-print-words] says how to print.
for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}
for (const words of document.querySelectorAll("[data-print-words]")) words.hidden = true;
