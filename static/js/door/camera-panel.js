// The camera on the page: start, stop, light, which one, and in words why there is no picture.
import { Camera, possible } from "./camera.js";
import { Decoder } from "./decoder.js";
import { Lens } from "./lens.js";
import { unlock } from "./sound.js";
import { say } from "./messages.js";

export class CameraPanel {
  #part;
  #worker;
  #frame;
  #decoder = null;
  #camera = null;
  #lens = null;

  // `frame(codes)` gets what each frame shows, again and again while it is in view; `worker`: the decoder's address.
  constructor(part, { worker, frame }) {
    this.#part = part;
    this.#worker = worker;
    this.#frame = frame;
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

  // The decoder, which pictures are read with too.
  get decoder() {
    this.#decoder ??= new Decoder(this.#worker, () => {
      this.stop();
      this.#idle("broken");
    });
    return this.#decoder;
  }

  async #start() {
    unlock();
    this.#part("camera-panel").dataset.state = "starting";
    this.#note("starting");
    this.#camera ??= new Camera(this.#part("video"), this.decoder, { onFrame: this.#frame, onEnd: () => this.#idle("ended") });
    this.#lens ??= new Lens(this.#part("cameras"), this.#camera, (trouble) => this.#shown(trouble));
    return this.#shown(await this.#camera.start());
  }

  async #shown(trouble) {
    if (trouble) return this.#idle(trouble);
    this.#part("camera-panel").dataset.state = "scanning";
    this.#part("light").hidden = !this.#camera.hasLight;
    this.#part("light").setAttribute("aria-pressed", "false");
    this.#note("");
    return this.#lens.draw();
  }

  async #light() {
    const on = this.#part("light").getAttribute("aria-pressed") !== "true";
    this.#part("light").setAttribute("aria-pressed", String(on));
    await this.#camera.light(on);
  }

  #idle(why) {
    this.#part("camera-panel").dataset.state = "idle";
    this.#part("light").hidden = true;
    this.#lens?.hide();
    this.#note(why);
  }

  #note(name) {
    this.#part("note").textContent = name ? say(`camera_${name}`) : "";
  }
}
