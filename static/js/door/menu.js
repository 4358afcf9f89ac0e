// What is rarely needed: sound, supervisors' pages, leaving.
import { loud, setLoud } from "./sound.js";
import { number, say } from "./messages.js";

export class Menu {
  #part;
  #root;
  #engine;
  #clock;
  #left;

  constructor(root, part, { engine, clock, left }) {
    this.#root = root;
    this.#part = part;
    this.#engine = engine;
    this.#clock = clock;
    this.#left = left;
    part("sound-switch").addEventListener("click", () => this.#sound());
    part("leave").addEventListener("click", () => this.#leave());
    this.draw();
  }

  draw() {
    const { device } = this.#engine;
    this.#part("sound-switch").setAttribute("aria-checked", String(loud()));
    for (const row of this.#root.querySelectorAll("[data-supervise]")) row.hidden = !device?.supervise;
    this.#part("who").textContent = device ? say("who", { name: device.name, time: this.#clock(device.expires_at) }) : "";
  }

  #sound() {
    setLoud(!loud());
    this.draw();
  }

  // Refused while anything was not sent.
  async #leave() {
    const said = this.#part("leave-said");
    const { unsent, clicksUnsent = 0, refused = 0 } = this.#engine.status;
    const count = unsent + clicksUnsent + refused;
    said.hidden = count === 0;
    said.textContent = say("leave_unsent", { count: number(count) });
    if (count || !window.confirm(say("leave_sure"))) return;
    if (await this.#engine.leave()) this.#left();
  }
}
