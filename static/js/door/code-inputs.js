// The ways in: the camera, a hand scanner, a typed reference, a picture. A code that was scanned, by whatever, is one scan
// while it is in view; what a person types is meant each time.
import { listen } from "./handscan.js";
import { readPicture } from "./photo.js";
import { Sight } from "./sight.js";
import { CameraPanel } from "./camera-panel.js";

export class CodeInputs {
  #take;
  #ask;
  #sight;
  #cameraPanel;

  // `take(text)` gets what was read and says whether it took it. `ask` knows: isOurs(text); isFree({ ours }), whether the
  // camera may speak; isReady(), whether this phone scans at all. `callbacks` hears of a picture: wait(), done({text} or
  // {trouble}), and of a hand scanner that types for another keyboard: layout().
  constructor(part, { worker, hosts, take, ask, callbacks }) {
    this.#take = take;
    this.#ask = ask;
    this.#sight = new Sight(ask.isOurs);
    this.#cameraPanel = new CameraPanel(part, { worker, frame: (codes) => this.#seen(codes) });
    listen(hosts, (heard) => ask.isReady() && this.#heard(heard, callbacks));
    part("typed").addEventListener("submit", (event) => this.#typed(event));
    for (const name of ["photo", "picture"]) part(name).addEventListener("change", (event) => this.#picture(event.target, callbacks));
  }

  stop() {
    this.#cameraPanel.stop();
  }

  // What was not taken may be shown again at once.
  #seen(codes) {
    const text = this.#sight.look(codes);
    if (text === null) return;
    if (!this.#ask.isFree({ ours: this.#ask.isOurs(text) })) this.#sight.waitAnew();
    else if (this.#take(text)) this.#sight.answer(text);
  }

  #heard({ text, moved }, callbacks) {
    if (moved === "unread") return callbacks.layout();
    if (this.#sight.isAnswered(text)) return this.#sight.answer(text);
    if (this.#take(text)) this.#sight.answer(text);
  }

  #typed(event) {
    event.preventDefault();
    const field = event.target.elements.code;
    const text = field.value.trim();
    if (!text) return field.focus();
    field.value = "";
    return this.#take(text);
  }

  async #picture(field, { wait, done }) {
    const [file] = field.files;
    if (!file) return;
    wait();
    const found = await readPicture(file, this.#cameraPanel.decoder, this.#ask.isOurs).catch(() => ({ trouble: "unreadable" }));
    field.value = ""; // only now: some browsers lose the file with it
    done(found);
  }
}
