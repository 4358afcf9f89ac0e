// The camera on the page: start, stop, light, and in words why there is no picture.
import { Camera, possible } from "./camera.js";
import { Decoder, whole } from "./decoder.js";
import { unlock } from "./sound.js";
import { say } from "./words.js";

const SAME = 3000; // the same code within three seconds is one scan
const SIDES = [1280, 2600]; // a photo is looked at small, then large

export class Stage {
  #part;
  #worker;
  #free;
  #take;
  #decoder = null;
  #camera = null;
  #seen = { text: "", at: 0 };

  // `free()`: whether the next code may be taken; `take(text)` gets it; `worker`: the decoder's address.
  constructor(part, { worker, free, take }) {
    this.#part = part;
    this.#worker = worker;
    this.#free = free;
    this.#take = take;
    part("start").addEventListener("click", () => this.#start());
    part("stop").addEventListener("click", () => this.stop());
    part("light").addEventListener("click", () => this.#light());
    if (possible()) return;
    part("start").hidden = true;
    part("type-instead").hidden = false;
    this.#note(window.isSecureContext ? "missing" : "insecure");
  }

  stop() {
    this.#camera?.stop();
  }

  // The text of the code on a photo, else null.
  async readPhoto(file) {
    const picture = await createImageBitmap(file);
    for (const side of SIDES) {
      const text = await this.#read().decode(await whole(picture, picture.width, picture.height, side), true);
      if (text) return text;
    }
    return null;
  }

  #read() {
    this.#decoder ??= new Decoder(this.#worker, () => {
      this.stop();
      this.#idle("broken");
    });
    return this.#decoder;
  }

  #code(text) {
    const now = performance.now();
    const again = text === this.#seen.text && now - this.#seen.at < SAME;
    if (again) this.#seen.at = now;
    if (again || !this.#free()) return;
    this.#seen = { text, at: now };
    this.#take(text);
  }

  async #start() {
    unlock();
    this.#part("stage").dataset.state = "starting";
    this.#note("starting");
    this.#camera ??= new Camera(this.#part("video"), this.#read(), { onCode: (text) => this.#code(text), onEnd: () => this.#idle("ended") });
    const trouble = await this.#camera.start();
    if (trouble) return this.#idle(trouble);
    this.#part("stage").dataset.state = "scanning";
    this.#part("light").hidden = !this.#camera.hasLight;
    this.#part("light").setAttribute("aria-pressed", "false");
    return this.#note("");
  }

  async #light() {
    const on = this.#part("light").getAttribute("aria-pressed") !== "true";
    this.#part("light").setAttribute("aria-pressed", String(on));
    await this.#camera.light(on);
  }

  #idle(why) {
    this.#part("stage").dataset.state = "idle";
    this.#part("light").hidden = true;
    this.#note(why);
  }

  #note(name) {
    this.#part("note").textContent = name ? say(`camera_${name}`) : "";
  }
}
