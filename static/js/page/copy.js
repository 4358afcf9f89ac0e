// [data-copy="<id of a field>"]: copies what stands in the field and says so. Without a clipboard the text is left selected.
for (const button of document.querySelectorAll("[data-copy]")) {
  const field = document.getElementById(button.dataset.copy);
  const said = button.parentElement.parentElement.querySelector("[data-copy-said]");
  field.addEventListener("focus", () => field.select());
  button.hidden = false;
  button.addEventListener("click", async () => {
    field.select();
    const copied = navigator.clipboard ? navigator.clipboard.writeText(field.value) : Promise.reject(new Error("no clipboard"));
    said.textContent = await copied.then(
      () => button.dataset.copied,
      () => (document.execCommand("copy") ? button.dataset.copied : button.dataset.failed),
    );
  });
}
