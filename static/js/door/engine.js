// The scanner's engine: every scan is kept, sent, answered by the server or, when that stays silent, by the phone itself.
// It switches to judging alone and back by itself. The screen is built on this; the contract stands in docs/the-door.md.
import { fromServer, kept, scanOf } from "./answers.js";
import { Attempts } from "./attempts.js";
import { Clicks } from "./clicks.js";
import { Clock } from "./clock.js";
import { call } from "./device.js";
import { Identity } from "./identity.js";
import { Installation } from "./install.js";
import { OfflineMessages } from "./offline-messages.js";
import { OfflineJudge } from "./offline-judge.js";
import { BLANK, takeSnapshot } from "./status-snapshot.js";
import { Outbox } from "./outbox.js";
import { Roster } from "./roster.js";
import { Store, moveIn } from "./store.js";
import { Upkeep } from "./upkeep.js";

const PATIENCE = 2500;
const REMEMBERED = 50;
const URLS = {
  scans: "/api/v1/scans", device: "/api/v1/device", token: "/api/v1/device/token", report: "/api/v1/device/report",
  lists: "/api/v1/lists", headcounts: "/api/v1/headcounts", search: "/api/v1/searches", offlineMessages: "/door/lines.json",
};

class Engine extends EventTarget {
  status = BLANK;
  #urls;
  #parts;
  #identity;
  #attempts;
  #upkeep;
  #tabs = globalThis.BroadcastChannel ? new BroadcastChannel("door") : null;
  #codes = new Map(); // codes of this page's last scans, never on the disk: a party's second half needs no second look
  #begun = false;
  #persisting = false;
  #soon = null;

  constructor(store, { urls, lang }) {
    super();
    this.#urls = { ...URLS, ...urls };
    const clock = new Clock();
    const outbox = new Outbox(store, this.#urls.scans, this.#callbacks());
    const roster = new Roster(store, this.#urls.lists);
    const installed = new Installation(() => this.#snapshot());
    this.#parts = {
      store, clock, outbox, roster, installed,
      clicks: new Clicks(store, this.#urls.headcounts), offlineMessages: new OfflineMessages(lang), offlineJudge: new OfflineJudge(outbox, roster, clock),
    };
    this.#attempts = new Attempts(this.#parts);
    this.#identity = new Identity(this.#parts, this.#urls, (name) => this.#became(name));
    const callbacks = { heard: (answer) => this.#heard(answer), device: () => this.#say("device"), snapshot: () => this.#snapshot() };
    this.#upkeep = new Upkeep(this, this.#parts, this.#urls, callbacks);
  }

  // What the server (or the phone's memory) says of this phone; null for a stranger.
  get device() {
    return this.#identity.device;
  }

  // "ok", "dead" (ended), "never" (a stranger) or "silent" (nobody answered and nothing is remembered).
  get state() {
    return this.#identity.state;
  }

  // The moment as the server would say it.
  now = () => this.#parts.clock.now();

  // What the phone remembers; asks nobody.
  async wake() {
    const { store, clock } = this.#parts;
    await moveIn(store);
    clock.offset = (await store.read(["meta"], (t) => t.get("meta", "offset"))) ?? 0;
    await this.#identity.wake();
    this.#begin();
    await this.#snapshot();
  }

  install(lang) {
    this.#parts.installed.start(lang);
  }

  // Asks the server who this phone is, delivers, brings the lists up to date.
  async refresh() {
    const answer = await this.#identity.ask();
    if (answer.status === 200 || answer.status === 401) this.#spoke(answer);
    else this.#link(false);
    this.#begin();
    if (this.device) await this.flush({ asked: true });
    if (this.status.online) await this.#upkeep.sync();
    this.status = { ...this.status, rosterAsked: true };
    await this.#snapshot();
    return this.state;
  }

  // One scan, answered by the server or by the phone; never throws. It is on the disk before anything is sent.
  async scan(fields) {
    if (this.state !== "ok") return this.#ended(fields);
    const row = await this.#attempts.make(fields);
    this.#remember(row);
    const { answer, why } = row.judged ? { why: "offline" } : await this.#ask(row);
    if (row.judged || !this.status.online) this.#parts.outbox.flush();
    this.#snapshotSoon();
    if (answer) return this.#withCode(answer);
    if (this.state !== "ok") return this.#ended(row);
    const own = await this.#attempts.judge(row, this.device, { override: fields.override, why });
    await this.#snapshot();
    this.#tabs?.postMessage("changed");
    return this.#withCode(own);
  }

  // Plus or minus for a guest without a ticket.
  async click({ list, delta, rehearsal = false }) {
    const { clicks } = this.#parts;
    const id = await clicks.add({ list, delta, rehearsal });
    const sent = this.#sendClicks().then(() => true);
    const patience = new Promise((done) => setTimeout(done, PATIENCE, false));
    if (this.status.online && !(await Promise.race([sent, patience]))) this.#link(false);
    const source = (await clicks.has(id)) ? "phone" : "server";
    await this.#snapshot();
    return { counted: true, source };
  }

  // The last scans, newest first: {scan, answer, undone}.
  async recent(limit = 8) {
    const rows = await this.#parts.outbox.last(limit);
    return rows.map((row) => ({ scan: { ...scanOf(row), code: this.#codes.get(row.id) ?? null }, answer: row.answer, undone: Boolean(row.undone) }));
  }

  // Guests by name, online only: {tickets} or {why}.
  async search(text) {
    const answer = await call(this.#urls.search, { body: { q: text }, patience: PATIENCE * 2 });
    this.#heard(answer);
    if (answer.status === 200 && Array.isArray(answer.body?.tickets)) return { tickets: answer.body.tickets };
    return { why: answer.why ?? (answer.status === 429 ? "limited" : "server") };
  }

  // Delivers what waits, clicks too; true when nothing is left. `asked`: also during a pause after failures.
  async flush({ asked = false } = {}) {
    const before = this.status.unsent;
    const [all] = await Promise.all([this.#parts.outbox.flush({ asked }), this.#sendClicks()]);
    await this.#snapshot();
    if (this.status.unsent !== before) this.#tabs?.postMessage("changed");
    return all && this.#unsent === 0;
  }

  // Everything the server does not have, as a file: the last resort. What it will never take may be let go after this.
  async exportFile() {
    const { store, outbox, clicks, clock } = this.#parts;
    const scans = [...(await outbox.waiting()), ...(await outbox.refused())];
    const about = { device: this.device?.name ?? "", event: this.device?.event.slug ?? "", made_at: new Date().toISOString(), offset_ms: clock.offset };
    await store.write(["meta"], (t) => t.put("meta", "exported", scans.map(({ id }) => id)));
    return new Blob([JSON.stringify({ ...about, scans, clicks: await clicks.all() }, null, 1)], { type: "application/json" });
  }

  // This phone was enrolled just now as `device`.
  become = (device) => this.#identity.become(device);

  // Forgets this phone; refuses (false) while anything was neither delivered nor, where the server refused it, exported.
  async leave() {
    await this.#snapshot();
    if (this.#unsent + this.status.refused) return false;
    await this.#identity.forget();
    return true;
  }

  // Takes the new version that waits, which loads the page anew; refuses (false) while anything is unsent.
  async update() {
    await this.#snapshot();
    if (!this.status.updateReady) return false;
    this.#parts.installed.replace();
    return true;
  }

  get #unsent() {
    return this.status.unsent + this.status.clicksUnsent;
  }

  // {answer} of the server, else {why} there is none. Asked only while the server has been answering.
  async #ask(row) {
    if (!this.status.online) return { why: "offline" };
    const heard = await this.#parts.outbox.deliver(row.id, PATIENCE);
    if (heard.why === "timeout") this.#link(false);
    if (heard.why === "dead") await this.#identity.doubt();
    return heard;
  }

  #ended = (fields) => ({ ...fromServer(fields, { error: "dead" }), source: "phone" });
  #withCode = (answer) => ({ ...answer, scan: { ...answer.scan, code: this.#codes.get(answer.scan.id) ?? null } });

  // Once scanning begins, the browser is asked not to throw the store away when space runs short.
  #remember({ id, code }) {
    if (code) this.#codes.set(id, code);
    if (this.#codes.size > REMEMBERED) this.#codes.delete(this.#codes.keys().next().value);
    if (this.#persisting) return;
    this.#persisting = true;
    navigator.storage?.persist?.().catch(() => {});
  }

  // What the outbox tells.
  #callbacks() {
    return {
      shape: (row, answer, { whole = false } = {}) => (whole ? fromServer(row, answer) : kept(fromServer(row, answer))),
      answered: (answer) => this.#answered(answer),
      spoke: (answer) => this.#spoke(answer),
      silent: () => this.#link(false),
      dead: () => this.#identity.doubt(),
    };
  }

  #answered(answer) {
    if (answer.result === "quarantine") this.#identity.doubt();
    this.#say("answered", this.#withCode(answer));
    this.#snapshotSoon();
  }

  #became(name) {
    this.#say(name);
    if (name === "dead") this.flush({ asked: true });
  }

  // The server has answered: its clock is heard, and it counts as being there if it was quick.
  #spoke(answer) {
    const { clock, store } = this.#parts;
    const before = clock.offset;
    clock.hear(answer.body?.now ?? answer.date, answer.asked, answer.came);
    if (clock.offset !== before) store.write(["meta"], (t) => t.put("meta", "offset", clock.offset));
    this.#link(answer.came - answer.asked < PATIENCE);
  }

  // Whether the server answers in time; when it does again, the lists and the numbers are due.
  #link(good) {
    if (this.status.online === good) return;
    this.status = { ...this.status, online: good };
    this.#say("status");
    if (good) setTimeout(() => this.#upkeep.sync(), 0);
  }

  async #sendClicks() {
    const { clicks } = this.#parts;
    const answer = (await clicks.count()) ? await clicks.flush() : null;
    if (answer) this.#heard(answer);
  }

  // What a call says of this phone and of the network, whatever was asked; without an answer of ours nobody is there.
  #heard(answer) {
    if (answer.status === 200) this.#spoke(answer);
    else if (answer.status === 401) this.#identity.doubt();
    else if (answer.status === 0 || answer.status >= 500) this.#link(false);
  }

  async #snapshot() {
    const found = await takeSnapshot(this.#parts, this.device);
    this.status = { ...this.status, ...found };
    this.#say("status");
  }

  // Many answers, one look at the store.
  #snapshotSoon() {
    if (this.#soon) return;
    this.#soon = setTimeout(() => {
      this.#soon = null;
      this.#snapshot();
    }, 50);
  }

  // A phone that is no scanner does nothing by itself.
  #begin() {
    if (this.#begun || !this.device) return;
    this.#begun = true;
    this.#parts.offlineMessages.load(this.#urls.offlineMessages);
    this.#tabs?.addEventListener("message", () => this.#snapshot());
    this.#upkeep.begin();
  }

  #say(name, detail = null) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}

// The engine of this page, with what the phone remembers. `urls`: where the server is asked for something else than URLS.
// `install`: make the door's pages open without a network (not on pages that are no part of the door).
export const openEngine = async ({ urls, lang = document.documentElement.lang, install = true }) => {
  const engine = new Engine(await Store.open(), { urls, lang });
  await engine.wake();
  if (install) engine.install(lang);
  return engine;
};
