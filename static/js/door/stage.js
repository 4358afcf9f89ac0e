// The camera on the page: start, stop, light, and in words why there is no picture.
import { Camera, possible } from "./camera.js";
import { Decoder, whole } from "./decoder.js";
import { unlock } from "./sound.js";
import { say } from "./words.js";

const SIDES = [1280, 2600]; // a photo is looked at small, then large

export class Stage {
  #part;
  #worker;
  #code;
  #decoder = null;
  #camera = null;

  // `code(text)` gets every code that is seen, again and again while it is in view; `worker`: the decoder's address.
  constructor(part, { worker, code }) {
    this.#part = part;
    this.#worker = worker;
    this.#code = code;
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

  async #start() {
    unlock();
    this.#part("stage").dataset.state = "starting";
    this.#note("starting");
    this.#camera ??= new Camera(this.#part("video"), this.#read(), { onCode: this.#code, onEnd: () => this.#idle("ended") });
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
