// What goes on by itself: fetching the lists, reporting how this phone is, letting go of what is needed no more, and the
// moments at which something is tried again.
import { alone, call } from "./device.js";
import { possible } from "./roster.js";

const EVERY = { deliver: 15_000, report: 30_000, sync: 120_000 };

export class Upkeep {
  #engine;
  #parts;
  #urls;
  #callbacks;

  // `callbacks` hears: heard(call), device(), and is asked for a snapshot().
  constructor(engine, parts, urls, callbacks) {
    this.#engine = engine;
    this.#parts = parts;
    this.#urls = urls;
    this.#callbacks = callbacks;
  }

  begin() {
    const back = () => !document.hidden && this.#tick({ asked: true });
    window.addEventListener("online", back);
    window.addEventListener("pageshow", back);
    document.addEventListener("visibilitychange", back);
    setInterval(() => this.#tick(), EVERY.deliver);
    setInterval(() => this.#engine.status.online && this.report(), EVERY.report);
    setInterval(() => this.sync(), EVERY.sync);
  }

  async sync() {
    if (this.#engine.state !== "ok") return;
    for (const { slug } of possible() ? this.#engine.device.lists : []) {
      const answer = await alone("sync", () => this.#parts.roster.sync(slug)).catch(() => ({}));
      this.#callbacks.heard(answer);
    }
    await this.report();
    await this.#trim();
    await this.#callbacks.snapshot();
  }

  async report() {
    if (this.#engine.state !== "ok") return;
    await this.#callbacks.snapshot();
    const { unsent, clicksUnsent, rosterAt } = this.#engine.status;
    const [last] = await this.#parts.outbox.last(1);
    const answer = await call(this.#urls.report, { body: { unsent: unsent + clicksUnsent, highest_seq: last?.seq ?? 0, list_synced_at: rosterAt } });
    this.#callbacks.heard(answer);
    if (answer.status !== 200) return;
    const said = new Map((answer.body?.lists ?? []).map((one) => [one.slug, one]));
    for (const checkInList of this.#engine.device?.lists ?? []) Object.assign(checkInList, said.get(checkInList.slug));
    this.#callbacks.device();
  }

  // Delivered scans are kept until a sync of their list has begun after them: only then does the list know of them.
  async #trim() {
    const synced = new Map();
    for (const { slug } of this.#engine.device?.lists ?? []) synced.set(slug, (await this.#parts.roster.about(slug))?.asked ?? 0);
    await this.#parts.outbox.trim((row) => !possible() || row.settled < (synced.get(row.list) ?? Infinity));
  }

  // Delivers; where nothing waits to be sent, one light question tells whether the server is there again.
  async #tick({ asked = false } = {}) {
    const engine = this.#engine;
    if (engine.device) await engine.flush({ asked });
    if (engine.state !== "ok" || engine.status.online || engine.status.unsent) return;
    const answer = await call(this.#urls.device);
    this.#callbacks.heard(answer);
  }
}
