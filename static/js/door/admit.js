// From a code to an answer: keep, send, show; without an answer say so, keep the scan, and try again with the same id.
import { make, send, unanswered } from "./scans.js";
import { look, title } from "./verdict.js";
import { say } from "./words.js";

const PARTY_STAYS = 15_000;

export class Admit {
  #url;
  #verdict;
  #log;
  #told;
  #under = new Set(); // ids on their way
  #silent = null; // the scan whose missing answer stands on the panel
  device = null;

  // `told(event)` hears "dead" when this phone is no scanner any more, "answered", or "silent".
  constructor({ url, verdict, log, told }) {
    this.#url = url;
    this.#verdict = verdict;
    this.#log = log;
    this.#told = told;
  }

  get busy() {
    return this.#under.size > 0;
  }

  // A new attempt: list, and code or undoes; direction, count, reason where they matter.
  async submit(fields) {
    const scan = make(this.device.event.slug, fields);
    this.#log?.put(scan, null);
    await this.#ask(scan);
  }

  // Everything without an answer, once more, under the ids it has. Shown is the one on the panel, else the last;
  // unless somebody pressed for it (`asked`), silence changes nothing.
  async flush({ asked = false } = {}) {
    const scans = unanswered(this.device.event.slug).filter((scan) => !this.#under.has(scan.id));
    if (!scans.length) return;
    for (const scan of scans) this.#log?.put(scan, null);
    const batch = scans.slice(0, 50);
    await this.#deliver(batch, (this.#silent ?? batch.at(-1)).id, { quiet: !asked });
  }

  // Takes back an entry or an exit of this phone; asks why first.
  askUndo(scan, guest) {
    this.#silent = null;
    const reasons = ["undo_mistake", "undo_person"].map((reason) => ({
      label: say(reason),
      press: () => this.submit({ list: scan.list, code: scan.code, direction: "undo", count: scan.count, undoes: scan.id, reason: say(reason) }),
    }));
    const lines = guest ? [{ text: guest.initials, kind: "guest" }] : [];
    this.#verdict.show({ tone: "ask", icon: "back", word: say("undo_title"), lines, acts: reasons, stay: 0 });
  }

  async #ask(scan) {
    this.#silent = null;
    this.#verdict.wait();
    await this.#deliver([scan], scan.id);
  }

  async #deliver(scans, shown, { quiet = false } = {}) {
    for (const scan of scans) this.#under.add(scan.id);
    const { results, why } = await send(this.#url, scans);
    for (const scan of scans) this.#under.delete(scan.id);
    const free = !quiet || !this.#verdict.shown || this.#silent !== null; // a newer question is not talked over
    for (const scan of results ? scans : []) this.#tell(scan, results.get(scan.id), free && scan.id === shown);
    this.#told(results ? "answered" : why === "dead" ? "dead" : "silent");
    const left = scans.find((scan) => scan.id === shown);
    if (why === "dead") this.#verdict.clear();
    else if (left && !quiet && !results?.has(shown)) this.#silence(left, why ?? "server");
  }

  #tell(scan, answer, shown) {
    if (!answer) return;
    this.#log?.put(scan, answer);
    if (answer.result === "quarantine") this.#told("dead");
    if (!shown) return;
    this.#silent = null;
    const [tone, icon] = look(answer.result);
    const party = this.#party(scan, answer);
    const stay = party.length ? PARTY_STAYS : undefined;
    this.#verdict.show({ tone, icon, word: title(answer.result), lines: this.#lines(answer), acts: [...party, ...this.#undo(scan, answer)], stay });
  }

  #silence(scan, why) {
    this.#silent = scan;
    const lines = [say(`no_answer_${why}`), say("kept")].map((text) => ({ text, kind: "message" }));
    const again = { label: say("try_again"), main: true, press: () => this.#ask(scan) };
    this.#verdict.show({ tone: "ask", icon: "silent", word: title("no_answer"), lines, acts: [again], stay: 0 });
  }

  // The panel is free again: a scan without an answer stays kept, only nobody is looking at it.
  released() {
    this.#silent = null;
  }

  #lines({ guest, message, warning_message: warning, guest_message: theirs, guest_language: lang }) {
    const arrived = guest?.party > 1 ? say("party", guest) : "";
    const lines = [
      { kind: "guest", text: [guest?.initials, arrived].filter(Boolean).join(" · ") },
      { kind: "warning", text: warning },
      { kind: "message", text: arrived ? message.replace(arrived, "").trim() : message }, // said once, in large
      { kind: "theirs", text: lang !== document.documentElement.lang && theirs, lang },
    ];
    return lines.filter((line) => line.text);
  }

  #party(scan, { result, guest }) {
    const left = (guest?.party ?? 1) - (guest?.arrived ?? 1);
    if (result !== "accepted" || left < 1) return [];
    const more = (count) => () => this.submit({ list: scan.list, code: scan.code, count });
    const one = { label: say("one_more"), press: more(1), main: true };
    return left === 1 ? [one] : [one, { label: say("all_more", { count: left }), press: more(left) }];
  }

  #undo(scan, { result, guest }) {
    if (result !== "accepted" && result !== "exited") return [];
    return [{ label: say("undo"), press: () => this.askUndo(scan, guest) }];
  }
}
