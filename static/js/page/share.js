// [data-share]: the phone's own share sheet, with the words that belong to it. Where there is none, no button.
for (const button of document.querySelectorAll("[data-share]")) {
  button.hidden = !navigator.share;
  button.addEventListener("click", () =>
    navigator.share({ title: document.title, text: button.dataset.share, url: location.href }).catch(() => {}),
  );
}
