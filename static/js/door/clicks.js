// Plus and minus for guests without a ticket: kept like scans, sent 50 a call, counted once by their ids.
import { newId } from "./codes.js";
import { alone, call } from "./device.js";

const BATCH = 50;
const PATIENCE = 10_000;

export class Clicks {
  #store;
  #url;
  event = null;

  constructor(store, url) {
    this.#store = store;
    this.#url = url;
  }

  // On the disk when the promise is kept; returns its id.
  async add({ list, delta, rehearsal = false }) {
    const id = newId();
    const row = { id, list, delta, at: new Date().toISOString(), rehearsal, event: this.event, queue: Date.now() };
    await this.#store.write(["clicks"], (t) => t.put("clicks", id, row));
    return id;
  }

  has = async (id) => Boolean((await this.#store.read(["clicks"], (t) => t.get("clicks", id)))?.queue);
  count = () => this.#store.read(["clicks"], (t) => t.count("clicks", { index: "queue" }));
  all = () => this.#store.read(["clicks"], (t) => t.all("clicks"));

  // The last answer of the server, or null when there was nothing to send.
  flush = () => alone("clicks", () => this.#flush()).catch(() => null);

  async #flush() {
    let answer = null;
    for (;;) {
      const rows = await this.#store.read(["clicks"], (t) => t.all("clicks", { index: "queue", limit: BATCH }));
      if (!rows.length) return answer;
      const clicks = rows.map(({ id, list, delta, at, rehearsal }) => ({ id, list, delta, at, ...(rehearsal && { rehearsal }) }));
      answer = await call(this.#url, { body: { sent_at: new Date().toISOString(), clicks }, patience: PATIENCE });
      if (answer.status !== 200 || !Array.isArray(answer.body?.results) || !answer.body.results.length) return answer;
      await this.#settle(answer.body.results);
    }
  }

  // What the server will never take stays for the export, out of the queue.
  #settle(results) {
    return this.#store.write(["clicks"], async (t) => {
      for (const { id, error } of results) {
        const { queue, ...row } = (await t.get("clicks", id)) ?? {};
        if (!error) await t.delete("clicks", id);
        else if (row.id) await t.put("clicks", id, { ...row, refused: error });
      }
    });
  }
}
