// The scanner's engine: every scan is kept, sent, answered by the server or, when that stays silent, by the phone itself.
// It switches to judging alone and back by itself. The screen is built on this; the contract stands in docs/the-door.md.
import * as answers from "./answers.js";
import { Clicks } from "./clicks.js";
import { Clock } from "./clock.js";
import { alone, call, flag } from "./device.js";
import { Installation } from "./install.js";
import { Lines } from "./lines.js";
import { Local, crowding, takenBack } from "./local.js";
import { Outbox } from "./outbox.js";
import { Roster, possible } from "./roster.js";
import { Store, moveIn } from "./store.js";

const PATIENCE = 2500;
const EVERY = { flush: 15_000, report: 30_000, sync: 120_000 };
const URLS = {
  scans: "/api/v1/scans", device: "/api/v1/device", token: "/api/v1/device/token", report: "/api/v1/device/report",
  lists: "/api/v1/lists", headcounts: "/api/v1/headcounts", search: "/api/v1/searches", lines: "/door/lines.json",
};
const ROLL = 10 * 60_000;
const UPGRADE = 10 * 60_000; // an override belongs to the refusal that it follows

class Engine extends EventTarget {
  device = null;
  state = "never";
  status = { online: true, unsent: 0, clicksUnsent: 0, refused: 0, rosterSize: 0, rosterAt: null, rosterReady: false, rosters: {}, offset: 0, persisted: true, oldestUnsent: null, updateReady: false };
  #urls;
  #store;
  #clock = new Clock();
  #lines;
  #outbox;
  #clicks;
  #roster;
  #local;
  #installed = new Installation(() => this.#measure());
  #tabs = globalThis.BroadcastChannel ? new BroadcastChannel("door") : null;
  #begun = false;
  #doubting = null;
  #asked = false;
  #soon = null;
  #codes = new Map(); // codes of this page's last scans, never on the disk: a party's second half needs no second look
  #rolled = false;

  constructor(store, { urls, lang }) {
    super();
    this.#store = store;
    this.#urls = { ...URLS, ...urls };
    this.#lines = new Lines(lang);
    this.#outbox = new Outbox(store, this.#urls.scans, {
      shape: (row, answer, { whole = false } = {}) => (whole ? answers.fromServer(row, answer) : answers.kept(answers.fromServer(row, answer))),
      answered: (answer) => this.#answered(answer),
      spoke: (answer) => this.#spoke(answer),
      silent: () => this.#link(false),
      dead: () => this.#doubt(),
    });
    this.#clicks = new Clicks(store, this.#urls.headcounts);
    this.#roster = new Roster(store, this.#urls.lists);
    this.#local = new Local(this.#outbox, this.#roster, this.#clock);
  }

  // What the phone remembers; asks nobody.
  async wake() {
    await moveIn(this.#store);
    const kept = await this.#store.read(["meta"], async (t) => ({ device: await t.get("meta", "device"), dead: await t.get("meta", "dead"), offset: await t.get("meta", "offset") }));
    this.#clock.offset = kept.offset ?? 0;
    this.#know(kept.device ?? null);
    this.state = kept.device ? (kept.dead ? "dead" : "ok") : "never";
    if (kept.device) this.#begin();
    await this.#measure();
  }

  install(lang) {
    this.#installed.start(lang);
  }

  // Asks the server who this phone is, delivers, brings the lists up to date.
  async refresh() {
    const answer = await call(this.#urls.device);
    if (answer.status === 200 && answer.body?.device) await this.#alive(answer);
    else if (answer.status === 401) await this.#stranger();
    else {
      if (!this.device) this.state = "silent";
      this.#link(false);
    }
    this.#begin();
    if (this.device) await this.flush({ asked: true });
    if (this.state === "ok" && this.status.online) await this.#sync();
    await this.#measure();
    return this.state;
  }

  // One scan, answered by the server or by the phone; never throws. It is on the disk before anything is sent.
  async scan(fields) {
    if (this.state !== "ok") return { ...answers.fromServer({ ...fields }, { error: "dead" }), source: "phone" };
    const row = await this.#row(fields);
    this.#remember(row);
    this.#settleIn();
    let why = "offline";
    if (this.status.online && !row.judged) {
      const heard = await this.#outbox.deliver(row.id, PATIENCE);
      if (heard.answer) return this.#shown(row, heard.answer);
      why = heard.why;
      if (why === "timeout") this.#link(false);
      if (why === "dead") await this.#doubt();
      if (this.state !== "ok") return { ...answers.fromServer(row, { error: "dead" }), source: "phone" };
    } else this.#outbox.flush();
    const answer = await alone("judge", () => this.#alone(row, fields, why));
    await this.#measure();
    this.#tabs?.postMessage("changed");
    return this.#shown(row, answer);
  }

  // Plus or minus for a guest without a ticket.
  async click({ list, delta, rehearsal = false }) {
    const id = await this.#clicks.add({ list, delta, rehearsal });
    const sent = this.#sendClicks();
    if (this.status.online) await Promise.race([sent, new Promise((done) => setTimeout(done, PATIENCE))]);
    const source = (await this.#clicks.has(id)) ? "phone" : "server";
    await this.#measure();
    return { counted: true, source };
  }

  // The last scans, newest first.
  async recent(limit = 8) {
    const rows = await this.#outbox.last(limit);
    return rows.map((row) => ({ scan: this.#withCode(row), answer: row.answer, undone: Boolean(row.undone) }));
  }

  // Guests by name: online only.
  async search(text) {
    const answer = await call(this.#urls.search, { body: { q: text }, patience: PATIENCE * 2 });
    if (answer.status === 401) this.#doubt();
    if (answer.status === 200 && Array.isArray(answer.body?.tickets)) return { tickets: answer.body.tickets };
    return { why: answer.why ?? (answer.status === 429 ? "limited" : "server") };
  }

  // Delivers what waits, clicks too; true when nothing is left.
  async flush({ asked = false } = {}) {
    const before = this.status.unsent;
    const [all] = await Promise.all([this.#outbox.flush({ asked }), this.#sendClicks()]);
    await this.#measure();
    if (this.status.unsent !== before) this.#tabs?.postMessage("changed");
    return all && this.status.unsent + this.status.clicksUnsent === 0;
  }

  // Everything the server does not have, as a file: the last resort. What it will never take may be let go after this.
  async exportFile() {
    const scans = [...(await this.#outbox.waiting()), ...(await this.#outbox.refused())];
    const about = { device: this.device?.name ?? "", event: this.device?.event.slug ?? "", made_at: new Date().toISOString(), offset_ms: this.#clock.offset };
    await this.#store.write(["meta"], (t) => t.put("meta", "exported", scans.map(({ id }) => id)));
    return new Blob([JSON.stringify({ ...about, scans, clicks: await this.#clicks.all() }, null, 1)], { type: "application/json" });
  }

  // This phone was enrolled just now. What an ended phone of the same event still holds goes out under the new name; what
  // belongs to another event can never be delivered by it and stays for the export.
  async become(device) {
    const event = device.event.slug;
    const waiting = await this.#outbox.waiting();
    await this.#store.write(["scans", "clicks", "roster", "meta"], async (t) => {
      for (const { queue, ...row } of waiting) if (row.event !== event) await t.put("scans", row.id, { ...row, refused: "other_event" });
      const goesOn = waiting.some((row) => row.event === event);
      if (!goesOn) for (const row of await t.all("scans", { index: "seq" })) if (!row.refused) await t.delete("scans", row.id);
      if (!goesOn) await t.delete("meta", "seq");
      await t.clear("roster");
      await t.clear("meta", "list:", "list;");
      await t.put("meta", "device", device);
      await t.put("meta", "rolled", Date.now());
      await t.delete("meta", "dead");
    });
    this.#know(device);
    this.state = "ok";
  }

  // Forgets this phone; refuses (false) while anything was neither delivered nor, where the server refused it, exported.
  async leave() {
    await this.#measure();
    if (this.status.unsent + this.status.clicksUnsent + this.status.refused) return false;
    await this.#store.write(["scans", "clicks", "roster", "meta"], async (t) => {
      for (const name of ["scans", "clicks", "roster", "meta"]) await t.clear(name);
    });
    flag(false);
    this.#know(null);
    this.state = "never";
    this.#say("device");
    return true;
  }

  // Takes the new version that waits, which loads the page anew; refuses (false) while anything is unsent.
  async update() {
    await this.#measure();
    if (!this.status.updateReady) return false;
    this.#installed.replace();
    return true;
  }

  // The moment as the server would say it.
  now = () => this.#clock.now();

  // A scan

  async #row(fields) {
    const { list, code = null, direction = "entry", count = 1, undoes = null, reason = null, rehearsal = false, override = false } = fields;
    if (direction === "undo") return this.#outbox.add({ list, direction, count, undoes: undoes, reason, rehearsal, ...(await this.#target(undoes)) });
    const hash = await this.#roster.hash(list, code);
    const mark = hash ? `${list}/${hash}` : undefined;
    const same = override && (await this.#refusal(list, code));
    if (same) return { ...(await this.#outbox.change(same.id, { local: "accepted", reason })), judged: true };
    return this.#outbox.add({ list, code, direction, count, reason, rehearsal, mark, ...(override && { local: "accepted" }) });
  }

  async #target(id) {
    const target = await this.#outbox.get(id);
    const { mark, takes } = takenBack(target) ?? {};
    return { mark, takes };
  }

  // The refusal on this phone that an override answers, while it was not delivered: it keeps its id.
  async #refusal(list, code) {
    const rows = await this.#outbox.waiting();
    return rows.findLast((row) => row.list === list && row.code === code && row.direction === "entry" && row.local === "rejected" && Date.now() - Date.parse(row.at) < UPGRADE);
  }

  // The phone's own answer; the server's, should it have come meanwhile.
  async #alone(row, fields, why) {
    const said = await this.#local.judge(row, this.device);
    if (fields.override && said.result !== "accepted") Object.assign(said, { overridden: said.result, result: "accepted", admitted: row.count });
    const result = said.result;
    const local = ["accepted", "exited", "undone"].includes(result) ? "accepted" : "rejected";
    const list = this.device.lists.find(({ slug }) => slug === row.list);
    const warning = said.admitted ? crowding((list?.inside ?? 0) + said.admitted, list?.capacity) : null;
    if (list?.inside !== undefined && said.admitted && !row.rehearsal) list.inside += said.admitted;
    const next = { ...row, mode: "offline", local };
    const answer = answers.fromPhone(next, { ...said, warning }, this.#lines, why);
    const { mode } = next;
    const kept = await this.#outbox.change(row.id, { mode, local, answer: answers.kept(answer) });
    return kept?.settled ? kept.answer : answer;
  }

  #remember({ id, code }) {
    if (!code) return;
    this.#codes.set(id, code);
    if (this.#codes.size > 50) this.#codes.delete(this.#codes.keys().next().value);
  }

  #withCode = (row) => ({ ...answers.scanOf(row), code: this.#codes.get(row.id) ?? null });
  #shown = (row, answer) => ({ ...answer, scan: { ...answer.scan, code: this.#codes.get(row.id) ?? null } });

  // What the server says

  async #alive(answer) {
    this.#spoke(answer);
    this.#know(answer.body.device);
    this.state = "ok";
    flag(true);
    await this.#store.write(["meta"], async (t) => {
      await t.put("meta", "device", answer.body.device);
      await t.delete("meta", "dead");
    });
    this.#say("device");
    await this.#roll();
  }

  // A new token at each start; the old one ends when the new one is first used. Only while no scan is under way, and not
  // again within minutes: browsers write cookies to the disk late, and a crash meanwhile would bring the dead one back.
  async #roll() {
    if (this.#rolled || !navigator.locks) return;
    this.#rolled = true;
    const last = (await this.#store.read(["meta"], (t) => t.get("meta", "rolled"))) ?? 0;
    if (Math.abs(Date.now() - last) < ROLL) return;
    await this.#store.write(["meta"], (t) => t.put("meta", "rolled", Date.now()));
    await alone("flush", () => call(this.#urls.token, { body: {} })).catch(() => null);
  }

  async #stranger() {
    this.#link(true);
    if (this.device) await this.#dead();
    else this.state = "never";
  }

  // Somebody was told 401: it may have been on its way while another tab rolled the token. Ask once more before giving up.
  #doubt() {
    if (this.state !== "ok") return Promise.resolve();
    this.#doubting ??= call(this.#urls.device)
      .then(({ status }) => status === 401 && this.state === "ok" && this.#dead())
      .finally(() => (this.#doubting = null));
    return this.#doubting;
  }

  // Not a scanner any more: it stops, forgets the lists, and keeps what was not delivered.
  async #dead() {
    if (this.state === "dead") return;
    this.state = "dead";
    await this.#store.write(["meta"], (t) => t.put("meta", "dead", true));
    await this.#roster.forget();
    await this.#outbox.end();
    this.#say("dead");
    this.flush({ asked: true });
  }

  #spoke(answer) {
    const before = this.#clock.offset;
    this.#clock.hear(answer.body?.now ?? answer.date, answer.asked, answer.came);
    if (this.#clock.offset !== before) this.#store.write(["meta"], (t) => t.put("meta", "offset", this.#clock.offset)).catch(() => {});
    this.#link(answer.came - answer.asked < PATIENCE);
  }

  // Whether the server answers in time; when it does again, the lists and the numbers are due.
  #link(good) {
    if (this.status.online === good) return;
    this.status = { ...this.status, online: good };
    this.#say("status");
    if (good && this.state === "ok") setTimeout(() => this.#sync(), 0);
  }

  #answered(answer) {
    if (answer.result === "quarantine") this.#doubt();
    this.#say("answered", this.#shown(answer.scan, answer));
    this.#soon ??= setTimeout(() => {
      this.#soon = null;
      this.#measure();
    }, 50);
  }

  async #sendClicks() {
    if (!(await this.#clicks.count())) return;
    const answer = await this.#clicks.flush();
    if (answer?.status === 200) this.#spoke(answer);
    else if (answer?.status === 401) this.#doubt();
  }

  // The lists and the report

  async #sync() {
    if (this.state !== "ok") return;
    for (const { slug } of possible() ? this.device.lists : []) {
      const answer = await alone("sync", () => this.#roster.sync(slug)).catch(() => ({ status: 0 }));
      if (answer.status === 200) this.#spoke(answer);
    }
    await this.#report();
    await this.#trim();
    await this.#measure();
  }

  async #report() {
    if (this.state !== "ok") return;
    await this.#measure();
    const [last] = await this.#outbox.last(1);
    const body = { unsent: this.status.unsent + this.status.clicksUnsent, highest_seq: last?.seq ?? 0, list_synced_at: this.status.rosterAt };
    const answer = await call(this.#urls.report, { body });
    if (answer.status === 401) this.#doubt();
    if (answer.status !== 200) return;
    this.#spoke(answer);
    const told = new Map((answer.body?.lists ?? []).map((list) => [list.slug, list]));
    for (const list of this.device?.lists ?? []) Object.assign(list, told.get(list.slug));
    this.#say("device");
  }

  async #trim() {
    const synced = new Map();
    for (const { slug } of this.device?.lists ?? []) synced.set(slug, (await this.#roster.about(slug))?.asked ?? 0);
    await this.#outbox.trim((row) => !possible() || row.settled < (synced.get(row.list) ?? Infinity));
  }

  // How many scans the server will never take and nobody has saved to a file.
  async #refused() {
    const exported = new Set((await this.#store.read(["meta"], (t) => t.get("meta", "exported"))) ?? []);
    return (await this.#outbox.refused()).filter(({ id }) => !exported.has(id)).length;
  }

  async #measure() {
    const [waiting, refused, clicksUnsent] = await Promise.all([this.#outbox.waiting(1), this.#refused(), this.#clicks.count()]);
    const rosters = {};
    for (const { slug } of this.device?.lists ?? []) rosters[slug] = { size: await this.#roster.size(slug), at: (await this.#roster.about(slug))?.at ?? null };
    const all = Object.values(rosters);
    const rosterReady = all.length > 0 && all.every(({ at }) => at);
    this.status = {
      ...this.status, unsent: await this.#outbox.count("queue"), clicksUnsent, refused, rosters, rosterReady, offset: this.#clock.offset,
      rosterSize: Math.max(0, ...all.map(({ size }) => size)), rosterAt: rosterReady ? all.map(({ at }) => at).sort()[0] : null,
      persisted: this.#store.persisted, oldestUnsent: waiting[0]?.at ?? null,
    };
    this.status.updateReady = this.#installed.waits && this.status.unsent + clicksUnsent === 0;
    this.#say("status");
  }

  // Timers

  #begin() {
    if (this.#begun || !this.device) return;
    this.#begun = true;
    this.#lines.load(this.#urls.lines);
    const back = () => !document.hidden && this.#come();
    window.addEventListener("online", back);
    window.addEventListener("pageshow", back);
    document.addEventListener("visibilitychange", back);
    this.#tabs?.addEventListener("message", () => this.#measure());
    setInterval(() => this.#tick(), EVERY.flush);
    setInterval(() => this.status.online && this.#report(), EVERY.report);
    setInterval(() => this.#sync(), EVERY.sync);
  }

  // The network may be back: whoever looks at the phone is not made to wait for the next tick.
  async #come() {
    await this.#tick({ asked: true });
  }

  // Delivers; where nothing waits to be sent, one light question tells whether the server is there again.
  async #tick({ asked = false } = {}) {
    await this.flush({ asked });
    if (this.state !== "ok" || this.status.online || this.status.unsent) return;
    const answer = await call(this.#urls.device);
    if (answer.status === 200) this.#spoke(answer);
  }

  // Once scanning begins, the browser is asked not to throw the store away when space runs short.
  #settleIn() {
    if (this.#asked) return;
    this.#asked = true;
    navigator.storage?.persist?.().catch(() => {});
  }

  #know(device) {
    this.device = device;
    this.#outbox.event = this.#clicks.event = device?.event.slug ?? null;
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
