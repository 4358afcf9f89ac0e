// Scans on their way. Each is on the disk before it is sent, goes out in the order it was made, and leaves the queue only
// when an answer names it. The same id is sent however often that takes: nothing is lost and nothing counts twice.
//
// A row: the attempt as it is sent (id, seq, list, code, direction, count, undoes, reason, rehearsal, at, mode, local), and
// event, mark ("list/hash"), queue (its place while it waits), refused (why the server never takes it), answer (what was
// shown, the server's as soon as there is one), settled (when the server answered), undone. The code is needed to send the
// scan and is dropped with the answer.
import { newId } from "./codes.js";
import { alone, call } from "./device.js";

const BATCH = 50;
const FETCHED = 200;
const PATIENCE = 10_000;
const FINAL_KEPT = 50;
const MISSES_PAUSE = 65_000; // the server counts missed references by the minute
const LONGEST_PAUSE = 30_000;
const NOT_NOW = new Set(["too_many_misses"]);
const ENDED = "device_ended";
const SENT = ["id", "seq", "list", "code", "direction", "count", "undoes", "reason", "rehearsal", "at", "mode", "local"];

const asSent = (row) => Object.fromEntries(SENT.filter((name) => row[name] !== null && row[name] !== undefined).map((name) => [name, row[name]]));

export class Outbox {
  #store;
  #url;
  #callbacks;
  #waiting = new Map(); // id -> how to tell whoever waits for it
  #failures = 0;
  #pausedUntil = 0;
  event = null;

  // `callbacks` hears: answered(row, answer, call), spoke(call) for every answer of the server, silent(why), dead().
  constructor(store, url, callbacks) {
    this.#store = store;
    this.#url = url;
    this.#callbacks = callbacks;
  }

  // A new attempt, on the disk when the promise is kept; numbers have no gaps.
  add(fields) {
    return this.#store.write(["scans", "meta"], async (t) => {
      const seq = ((await t.get("meta", "seq")) ?? 0) + 1;
      const row = { id: newId(), seq, direction: "entry", count: 1, undoes: null, reason: null, at: new Date().toISOString(), mode: "online", local: null, ...fields, event: this.event, queue: seq, answer: null };
      await t.put("meta", "seq", seq);
      await t.put("scans", row.id, row);
      return row;
    });
  }

  get = (id) => this.#store.read(["scans"], (t) => t.get("scans", id));

  // Changes a row unless the server has answered it meanwhile; the row as it stands then.
  change(id, fields) {
    return this.#store.write(["scans"], async (t) => {
      const row = await t.get("scans", id);
      if (!row || row.settled) return row;
      const next = { ...row, ...fields };
      await t.put("scans", id, next);
      if (next.answer?.result === "undone") await this.#markUndone(t, next.undoes);
      return next;
    });
  }

  // This phone was ended: what it had not told the server goes to quarantine as what it is, a scan that let nobody in.
  end() {
    return this.#store.write(["scans"], async (t) => {
      for (const row of await t.all("scans", { index: "queue" })) if (row.mode === "online") await t.put("scans", row.id, { ...row, mode: "offline", local: "rejected" });
    });
  }

  waiting = (limit) => this.#store.read(["scans"], (t) => t.all("scans", { index: "queue", limit }));
  refused = () => this.#store.read(["scans"], (t) => t.all("scans", { index: "refused" }));
  count = (index) => this.#store.read(["scans"], (t) => t.count("scans", { index }));
  of = async (mark) => (await this.#store.read(["scans"], (t) => t.all("scans", { index: "mark", from: mark, to: `${mark}~` }))).sort((one, other) => one.seq - other.seq);
  last = (limit) => this.#store.read(["scans"], (t) => t.last("scans", { index: "seq", limit }));

  // Sends it (after what was made before it) and waits at most `patience`: {answer} or {why}.
  deliver(id, patience) {
    const heard = new Promise((done) => {
      this.#waiting.set(id, done);
      setTimeout(() => done({ why: "timeout" }), patience);
    }).finally(() => this.#waiting.delete(id));
    this.flush({ asked: true });
    return heard;
  }

  // Everything that waits, oldest first, at most 50 a call, one flush at a time over all tabs. Unless somebody asked for
  // it, not while a pause after failures lasts. True when nothing is left to send now.
  async flush({ asked = false } = {}) {
    if (!asked && Date.now() < this.#pausedUntil) return false;
    return alone("flush", () => this.#flush()).catch(() => false);
  }

  async #flush() {
    for (;;) {
      await this.#tellAnswered();
      const rows = (await this.waiting(FETCHED)).filter((row) => (row.pause ?? 0) < Date.now()).slice(0, BATCH);
      if (!rows.length) return true;
      if (!(await this.#send(rows))) return false;
    }
  }

  // Another tab may have delivered what somebody waits for here.
  async #tellAnswered() {
    for (const [id, done] of this.#waiting) {
      const row = await this.get(id);
      if (row?.settled) done({ answer: row.answer });
    }
  }

  // One call; false when nothing was delivered by it. A batch that is refused as a whole is cut in two.
  async #send(rows) {
    const answer = await call(this.#url, { body: { sent_at: new Date().toISOString(), scans: rows.map(asSent) }, patience: PATIENCE });
    const { status, body, why } = answer;
    if (status === 200 && Array.isArray(body?.results)) return this.#heard(rows, answer);
    if (status === 400 || status === 413) return this.#cut(rows, status, answer);
    if (status === 401) this.#callbacks.dead();
    else this.#callbacks.silent(why ?? "server");
    return this.#failed(answer, status === 401 ? "dead" : (why ?? "server"));
  }

  async #heard(rows, answer) {
    this.#failures = 0;
    this.#pausedUntil = 0;
    this.#callbacks.spoke(answer);
    const named = new Map(answer.body.results.map((result) => [result.id, result]));
    const answered = rows.filter((row) => named.has(row.id));
    await this.#settle(answered, named, answer.came);
    return answered.length > 0 || this.#failed(answer, "server"); // an answer that names none of them is none
  }

  async #cut(rows, status, answer) {
    if (rows.length === 1) return this.#settle(rows, new Map([[rows[0].id, { id: rows[0].id, error: `refused_${status}` }]]), answer.came);
    const middle = Math.ceil(rows.length / 2);
    const first = await this.#send(rows.slice(0, middle));
    return first && this.#send(rows.slice(middle));
  }

  #failed({ after = 0 }, why) {
    this.#failures += 1;
    const pause = Math.max(after * 1000, Math.min(LONGEST_PAUSE, 1000 * 2 ** this.#failures));
    this.#pausedUntil = Date.now() + pause;
    for (const done of this.#waiting.values()) done({ why });
    return false;
  }

  // What the server says of rows that were sent, written at once; then whoever waits for one of them is told.
  async #settle(rows, named, came) {
    const answered = await this.#store.write(["scans"], async (t) => {
      const found = [];
      for (const sent of rows) found.push(await this.#one(t, sent, named.get(sent.id), came));
      return found.filter(Boolean);
    });
    for (const { id, answer } of answered) {
      const done = this.#waiting.get(id);
      if (done) done({ answer });
      else this.#callbacks.answered(answer);
    }
    if (rows.some(({ id }) => named.get(id).error === ENDED)) this.#ended(rows);
    return true;
  }

  // One of them. If the phone has let somebody in since it was sent, the server does not know that yet: the row stays in
  // the queue and goes out once more. Returns what is to be told.
  async #one(t, sent, answer, came) {
    const now = await t.get("scans", sent.id);
    if (!now?.queue) return null;
    const { queue, code, pause, ...rest } = now;
    if (answer.error === ENDED && now.mode === "online") return void (await t.put("scans", now.id, { ...now, mode: "offline", local: "rejected" })); // as end() does
    if (NOT_NOW.has(answer.error) && !this.#waiting.has(now.id)) return void (await t.put("scans", now.id, { ...now, pause: Date.now() + MISSES_PAUSE }));
    const again = !answer.error && now.local === "accepted" && sent.local !== "accepted";
    const refused = answer.error && !NOT_NOW.has(answer.error) ? { refused: answer.error, code } : {};
    const next = { ...rest, ...refused, ...(again && { queue, code }), answer: this.#callbacks.shape(now, answer), settled: came };
    await t.put("scans", next.id, next);
    if (answer.result === "undone") await this.#markUndone(t, now.undoes);
    return { id: now.id, answer: this.#callbacks.shape(now, answer, { whole: true }) };
  }

  #ended(rows) {
    this.#callbacks.dead();
    for (const { id } of rows) this.#waiting.get(id)?.({ why: "dead" });
  }

  async #markUndone(t, id) {
    const row = id && (await t.get("scans", id));
    if (row) await t.put("scans", id, { ...row, undone: true });
  }

  // Delivered rows that every list's sync has seen, beyond the last 50, are needed no more. `covered(row)` says which.
  trim(covered) {
    return this.#store.write(["scans"], async (t) => {
      const rows = await t.all("scans", { index: "seq" });
      for (const row of rows.slice(0, -FINAL_KEPT)) if (!row.queue && !row.refused && covered(row)) await t.delete("scans", row.id);
    });
  }
}
