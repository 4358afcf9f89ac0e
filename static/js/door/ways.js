// The ways in beside the camera's own: a hand scanner, a typed reference, a photo. A code that was scanned, by whatever, is
// one scan for three seconds; what a person types is meant each time.
import { listen } from "./handscan.js";
import { Stage } from "./stage.js";

const SAME = 3000;

export class Ways {
  #take;
  #free;
  #seen = { text: "", at: 0 };
  #stage;

  // `take(text)` gets what was read and says whether it took it; `free()`: whether the camera may speak; `ready()`: whether this phone scans at all;
  // `photo`: {wait, done(text or null)} around the reading of a photo.
  constructor(part, { worker, take, free, ready, photo }) {
    this.#take = take;
    this.#free = free;
    this.#stage = new Stage(part, { worker, code: (text) => this.#scanned(text, this.#free()) });
    listen((text) => ready() && this.#scanned(text, true));
    part("typed").addEventListener("submit", (event) => this.#typed(event));
    part("photo").addEventListener("change", (event) => this.#photo(event.target, photo));
  }

  stop() {
    this.#stage.stop();
  }

  #scanned(text, free) {
    const now = performance.now();
    const again = text === this.#seen.text && now - this.#seen.at < SAME;
    if (again) this.#seen.at = now;
    if (!again && free && this.#take(text)) this.#seen = { text, at: now }; // what was not taken may be shown again at once
  }

  #typed(event) {
    event.preventDefault();
    const field = event.target.elements.code;
    const text = field.value.trim();
    if (!text) return field.focus();
    field.value = "";
    return this.#take(text);
  }

  async #photo(field, { wait, done }) {
    const [file] = field.files;
    field.value = "";
    if (!file) return;
    wait();
    done(await this.#stage.readPhoto(file).catch(() => null));
  }
}
