// What opens from below: [data-open=name] shows dialog[data-sheet=name]; a tap beside it, Escape or its cross closes it.
export class Sheets {
  #root;

  // `opened(name)` is told before one is shown.
  constructor(root, opened = () => {}) {
    this.#root = root;
    root.addEventListener("click", ({ target }) => {
      const press = target.closest("[data-open]");
      if (press) {
        opened(press.dataset.open);
        this.#sheet(press.dataset.open).showModal();
      } else if (target.matches("dialog[data-sheet]")) target.close(); // the backdrop: what is inside has parts of its own
    });
  }

  close() {
    for (const sheet of this.#root.querySelectorAll("dialog[data-sheet][open]")) sheet.close();
  }

  #sheet = (name) => this.#root.querySelector(`dialog[data-sheet="${name}"]`);
}
