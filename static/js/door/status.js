// The line that is always there: whether the server answers, what was not sent, the list on this phone and its age.
import { icon, make } from "./dom.js";
import { ago, number, say, sentences } from "./messages.js";

const LONG = 10 * 60_000; // a scan that waits longer than this may need the file
const OLD = 30 * 60_000; // a list older than this is said to be old

export class Status {
  #part;
  #root;
  #engine;
  #online = null;

  // `part(name)` finds [data-name] below `root`.
  constructor(root, part, { engine }) {
    this.#root = root;
    this.#part = part;
    this.#engine = engine;
    engine.addEventListener("status", () => this.draw());
    part("send").addEventListener("click", () => this.#send());
    part("update").querySelector("button").addEventListener("click", () => engine.update());
    for (const press of root.querySelectorAll("[data-save]")) press.addEventListener("click", () => this.#save());
    this.draw();
  }

  draw() {
    const { online, unsent, clicksUnsent = 0, refused = 0, rosterReady, rosterAsked, persisted, oldestUnsent } = this.#engine.status;
    const count = unsent + clicksUnsent;
    this.#network(online);
    this.#part("unsent").hidden = count === 0;
    this.#part("unsent").replaceChildren(icon("unsent", "state__icon"), make("span", "", { text: say("unsent", { count: number(count) }) }));
    this.#roster();
    this.#part("no-list").hidden = rosterReady || !rosterAsked || !this.#engine.device?.lists.length;
    this.#part("persist").hidden = persisted;
    const stuck = count > 0 && oldestUnsent && Date.now() - Date.parse(oldestUnsent) > LONG;
    this.#part("stuck").hidden = !stuck && refused === 0;
    this.#part("stuck-text").textContent = say("stuck", { count: number(count + refused) });
    for (const press of this.#root.querySelectorAll("[data-save]")) press.hidden = count + refused === 0;
    this.#part("update").hidden = !this.#engine.status.updateReady;
    this.#guard(count > 0);
  }

  #network(online) {
    this.#part("network").dataset.link = online ? "online" : "offline";
    if (online === this.#online) return;
    const first = this.#online === null;
    this.#online = online;
    const word = online ? "online" : "offline";
    this.#part("net").replaceChildren(icon(word, "state__icon"), make("span", "", { text: say(word) }));
    this.#part("network-text").textContent = say(`${word}_text`);
    if (!first || !online) this.#part("network-live").textContent = sentences([say(word), say(`${word}_text`)]);
  }

  #roster() {
    const { rosterReady, rosterSize, rosterAt } = this.#engine.status;
    const age = rosterReady && rosterAt ? ago(rosterAt) : "";
    const short = rosterReady ? `${number(rosterSize)} · ${age}` : say("roster_none");
    const whole = rosterReady ? say("roster", { count: number(rosterSize), age }) : say("roster_none");
    this.#part("roster").replaceChildren(icon("ticket", "state__icon"), make("span", "", { text: short, "aria-hidden": "true" }), make("span", "vh", { text: whole }));
    this.#part("roster").classList.toggle("state__list--old", !rosterReady || Date.now() - Date.parse(rosterAt) > OLD);
    this.#part("roster-text").textContent = whole;
  }

  async #send() {
    this.#part("sent").textContent = say("checking");
    const all = await this.#engine.flush({ asked: true });
    this.#part("sent").textContent = say(all ? "sent_all" : "sent_not");
  }

  async #save() {
    const address = URL.createObjectURL(await this.#engine.exportFile());
    const link = make("a", "", { href: address, download: `scans-${new Date().toISOString().slice(0, 16).replace(/[:T]/g, "-")}.json` });
    link.click();
    setTimeout(() => URL.revokeObjectURL(address), 60_000);
  }

  // Leaving the page while something was not sent is asked about; the listener stands only then, so that pages stay fast.
  #guard(on) {
    if (on) window.addEventListener("beforeunload", stay);
    else window.removeEventListener("beforeunload", stay);
  }
}

const stay = (event) => {
  event.preventDefault();
  event.returnValue = true; // what Safari before 17 looks at
};
