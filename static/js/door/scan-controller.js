// From a code to an answer on the panel: scan, the rest of a party, taking back, letting in with a reason, answers that
// come later. The engine keeps and sends; the panel and the log show.
import { look, isUnsure, lines, tags, title, tune } from "./answer-view.js";
import { stepper } from "./stepper.js";
import { say } from "./messages.js";

const UNDO = 15 * 60_000;
const REASONS = ["override_known", "override_paper", "override_mail"];
const STANDS = new Set(["accepted", "exited"]);

export class ScanController {
  #engine;
  #verdict;
  #words;
  #rehearsal;
  #changed;
  #corrected;
  #results = new Map(); // id of a scan -> the result that people saw
  #under = 0;

  // `words`: {clock, listName}; `rehearsal()`; `changed()` after every answer; `corrected(answer, before)` when one comes later
  // and differs from what was shown.
  constructor({ engine, verdict, words, rehearsal = () => false, changed = () => {}, corrected = () => {} }) {
    this.#engine = engine;
    this.#verdict = verdict;
    this.#words = words;
    this.#rehearsal = rehearsal;
    this.#changed = changed;
    this.#corrected = corrected;
    engine.addEventListener("answered", ({ detail }) => this.#correct(detail));
  }

  get busy() {
    return this.#under > 0;
  }

  // A new attempt: list, and code or undoes; direction, count, reason, override where they matter. `topped`: the number of
  // the party was chosen already, so it is not asked again.
  async submit({ topped = false, ...fields }) {
    if (this.busy) return;
    this.#under += 1;
    this.#verdict.wait();
    const answer = await this.#engine.scan({ rehearsal: this.#rehearsal(), ...fields });
    this.#under -= 1;
    this.#tell(answer, { topped });
  }

  // A scan of the log, opened again: silent, and it stays.
  reopen({ scan, answer, undone }) {
    if (!answer) return this.#verdict.show({ tone: "ask", tune: null, icon: "silent", word: say("title_waiting"), lines: [{ kind: "message", text: say("kept") }], stay: 0 });
    const at = [{ kind: "message", text: say("scanned_at", { time: this.#words.clock(scan.at) }) }, undone && { kind: "warning", text: say("undone") }];
    return this.#show({ ...answer, scan }, { extra: at.filter(Boolean), undone, again: true });
  }

  // Asks why, then takes back an entry or an exit of this phone.
  askUndo(scan, guest) {
    const undo = (reason) => () => this.submit({ list: scan.list, direction: "undo", count: scan.count, undoes: scan.id, reason: say(reason), rehearsal: Boolean(scan.rehearsal) });
    const acts = ["undo_mistake", "undo_person"].map((reason) => ({ label: say(reason), press: undo(reason), main: true }));
    this.#ask("back", "undo_title", guest, acts);
  }

  mayUndo({ result, scan }, undone = false) {
    const young = Date.now() - Date.parse(scan.at) <= UNDO;
    return STANDS.has(result) && !undone && (young || Boolean(this.#engine.device?.supervise));
  }

  #tell(answer, options) {
    if (answer.error === "dead" || this.#engine.state === "dead") return this.#verdict.clear();
    if (answer.scan?.id) this.#results.set(answer.scan.id, answer.result);
    this.#show(answer, options);
    return this.#changed();
  }

  #show(answer, { topped = false, undone = false, again = false, quiet = again, extra = [] } = {}) {
    const [tone, name] = look(answer);
    const marks = tags(answer, { rehearsal: !again && this.#rehearsal() });
    const rest = undone ? null : this.#rest(answer);
    const asks = Boolean(rest) && !topped && !again;
    this.#verdict.show({
      tone, icon: name, word: title(answer), tags: marks, subject: answer.scan?.id ?? null,
      lines: [...lines(answer, this.#words), ...extra], acts: this.#acts(answer, undone), more: rest, asks,
      tune: quiet ? null : tune(answer), stay: again ? 0 : undefined,
      next: asks ? say("nobody_else") : again ? say("back") : undefined,
      sound: { offline: answer.source === "phone", rehearsal: marks.some(({ kind }) => kind === "rehearsal") },
    });
  }

  #acts(answer, undone) {
    const acts = [];
    if (isUnsure(answer) && answer.scan.code) acts.push({ label: say("override"), press: () => this.#askOverride(answer) });
    if (this.mayUndo(answer, undone)) acts.push({ label: say("undo"), press: () => this.askUndo(answer.scan, answer.guest) });
    return acts;
  }

  // Who of the party is still missing on the way in, or still inside on the way out; null where nobody is, or the code is gone.
  #rest({ result, guest, scan }) {
    if (!guest || !scan.code || !STANDS.has(result)) return null;
    const out = result === "exited";
    const left = out ? guest.arrived : guest.party - guest.arrived;
    if (left < 1 || guest.party < 2) return null;
    const press = (count) => this.submit({ list: scan.list, code: scan.code, direction: scan.direction, count, rehearsal: Boolean(scan.rehearsal), topped: true });
    return stepper({ left, question: say(out ? "how_many_out" : "how_many_in"), all: out ? "all_out" : "all_more", press });
  }

  #askOverride({ scan, guest }) {
    const go = (reason) => () => this.submit({ list: scan.list, code: scan.code, direction: "entry", count: scan.count, override: true, reason: say(reason), rehearsal: Boolean(scan.rehearsal) });
    this.#ask("silent", "override_title", guest, REASONS.map((reason) => ({ label: say(reason), press: go(reason), main: true })));
  }

  #ask(name, word, guest, acts) {
    const about = guest ? [{ kind: "guest", text: guest.initials }] : [];
    const marks = this.#rehearsal() ? [{ kind: "rehearsal", text: say("rehearsal") }] : [];
    this.#verdict.show({ tone: "ask", tune: null, icon: name, word: say(word), lines: about, tags: marks, acts, asks: true, next: say("back") });
  }

  // The server's own answer to a scan that the phone had judged. Where that scan is still on the panel, the panel follows;
  // a newer one is never talked over.
  #correct(answer) {
    const { id } = answer.scan;
    const before = this.#results.get(id) ?? { accepted: "accepted" }[answer.scan.local] ?? null;
    this.#results.set(id, answer.result);
    const differs = before !== answer.result && answer.result !== "quarantine";
    if (this.#verdict.subject === id && !this.#verdict.asks) this.#show(answer, { quiet: !differs });
    else if (before && differs) this.#corrected(answer, before);
    this.#changed();
  }
}
