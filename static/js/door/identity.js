// Who this phone is: enrolled, ended, or never a scanner. What the server said of it is remembered; its token is not ours to see.
import { alone, call, flag } from "./device.js";

const ROLL = 10 * 60_000;

export class Identity {
  device = null;
  state = "never"; // "ok" | "dead" | "never" | "silent"
  #parts;
  #urls;
  #changed;
  #doubting = null;
  #rolled = false;

  // `parts`: store, outbox, clicks, roster. `changed(name)` hears "device" and "dead".
  constructor(parts, urls, changed) {
    this.#parts = parts;
    this.#urls = urls;
    this.#changed = changed;
  }

  // What the phone remembers.
  async wake() {
    const [device, dead] = await this.#parts.store.read(["meta"], async (t) => [await t.get("meta", "device"), await t.get("meta", "dead")]);
    this.#know(device ?? null, device ? (dead ? "dead" : "ok") : "never");
  }

  // Asks the server; the answer of `call`.
  async ask() {
    const answer = await call(this.#urls.device);
    if (answer.status === 200 && answer.body?.device) await this.#alive(answer.body.device);
    else if (answer.status === 401 && !this.device) this.state = "never";
    else if (answer.status === 401) await this.doubt();
    else if (!this.device) this.state = "silent";
    return answer;
  }

  // Somebody was told 401: it may have been on its way while another tab rolled the token. Ask once more before giving up.
  doubt() {
    if (this.state !== "ok") return Promise.resolve();
    this.#doubting ??= call(this.#urls.device)
      .then(({ status }) => status === 401 && this.#end())
      .finally(() => (this.#doubting = null));
    return this.#doubting;
  }

  // This phone was enrolled just now. What an ended phone of the same event still holds goes out under the new name; what
  // belongs to another event can never be delivered by it and stays for the export.
  async become(device) {
    const waiting = await this.#parts.outbox.waiting();
    const goesOn = waiting.some((row) => row.event === device.event.slug);
    await this.#parts.store.write(["scans", "roster", "meta"], async (t) => {
      for (const { queue, ...row } of waiting) if (row.event !== device.event.slug) await t.put("scans", row.id, { ...row, refused: "other_event" });
      if (!goesOn) for (const row of await t.all("scans", { index: "seq" })) if (!row.refused) await t.delete("scans", row.id);
      if (!goesOn) await t.delete("meta", "seq");
      await t.clear("roster");
      await t.clear("meta", "list:", "list;");
      await t.put("meta", "device", device);
      await t.put("meta", "rolled", Date.now());
      await t.delete("meta", "dead");
    });
    flag(true);
    this.#know(device, "ok");
  }

  // Nothing of this phone stays.
  async forget() {
    const all = ["scans", "clicks", "roster", "meta"];
    await this.#parts.store.write(all, async (t) => {
      for (const name of all) await t.clear(name);
    });
    flag(false);
    this.#know(null, "never");
    this.#changed("device");
  }

  async #alive(device) {
    this.#know(device, "ok");
    flag(true);
    await this.#parts.store.write(["meta"], async (t) => {
      await t.put("meta", "device", device);
      await t.delete("meta", "dead");
    });
    this.#changed("device");
    await this.#roll();
  }

  // A new token at each start; the old one ends when the new one is first used. Only while no scan is under way, and not
  // again within minutes: browsers write cookies to the disk late, and a crash meanwhile would bring the dead one back.
  async #roll() {
    if (this.#rolled || !navigator.locks) return;
    this.#rolled = true;
    const last = (await this.#parts.store.read(["meta"], (t) => t.get("meta", "rolled"))) ?? 0;
    if (Math.abs(Date.now() - last) < ROLL) return;
    await this.#parts.store.write(["meta"], (t) => t.put("meta", "rolled", Date.now()));
    await alone("flush", () => call(this.#urls.token, { body: {} })).catch(() => null);
  }

  // Not a scanner any more: it stops, forgets the lists, and keeps what was not delivered.
  async #end() {
    if (this.state !== "ok") return;
    this.state = "dead";
    await this.#parts.store.write(["meta"], (t) => t.put("meta", "dead", true));
    await this.#parts.roster.forget();
    await this.#parts.outbox.end();
    this.#changed("dead");
  }

  #know(device, state) {
    this.device = device;
    this.state = state;
    this.#parts.outbox.event = this.#parts.clicks.event = device?.event.slug ?? null;
  }
}
