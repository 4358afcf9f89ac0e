// From what was read to a row in the store, and from a row that nobody answered to the phone's own answer.
import { alone } from "./device.js";
import { fromPhone, kept } from "./answers.js";
import { crowding, takenBack } from "./offline-judge.js";

const UPGRADE = 10 * 60_000; // an override belongs to the refusal that it follows
const LET = new Set(["accepted", "exited", "undone"]);
const fresh = (row) => Date.now() - Date.parse(row.at) < UPGRADE;

export class Attempts {
  #outbox;
  #roster;
  #offlineJudge;
  #offlineMessages;

  constructor({ outbox, roster, offlineJudge, offlineMessages }) {
    this.#outbox = outbox;
    this.#roster = roster;
    this.#offlineJudge = offlineJudge;
    this.#offlineMessages = offlineMessages;
  }

  // The row of a new attempt, on the disk. An override keeps the row of the refusal it answers, if that was not delivered
  // (`judged`): to the server it is one attempt.
  async make({ list, code = null, direction = "entry", count = 1, undoes = null, reason = null, rehearsal = false, override = false }) {
    if (direction === "undo") return this.#outbox.add({ list, direction, count, undoes, reason, rehearsal, ...takenBack(await this.#outbox.get(undoes)) });
    const same = override && (await this.#refusal(list, code));
    if (same) return { ...(await this.#outbox.change(same.id, { local: "accepted", reason })), judged: true };
    const hash = await this.#roster.hash(list, code);
    return this.#outbox.add({ list, code, direction, count, reason, rehearsal, mark: hash ? `${list}/${hash}` : undefined, ...(override && { local: "accepted" }) });
  }

  // The phone's own answer, kept with the row; the server's, should it have come meanwhile. One at a time, or two tabs
  // would both let the same ticket in.
  judge(row, device, { override, why }) {
    return alone("judge", () => this.#judge(row, device, override, why));
  }

  async #judge(row, device, override, why) {
    const said = await this.#offlineJudge.judge(row, device).catch(() => ({ result: "unheard" }));
    if (override && said.result !== "accepted") Object.assign(said, { result: "accepted", admitted: row.count });
    const judged = { mode: "offline", local: LET.has(said.result) ? "accepted" : "rejected" };
    const answer = fromPhone({ ...row, ...judged }, { ...said, warning: this.#count(row, device, said) }, this.#offlineMessages, why);
    const now = await this.#outbox.change(row.id, { ...judged, answer: kept(answer) });
    return now?.settled ? now.answer : answer;
  }

  // Adds to what this phone knows of the list's crowd, until the server says it better; the warning, if one is due.
  #count(row, device, { admitted }) {
    const checkInList = device.lists.find(({ slug }) => slug === row.list);
    if (!admitted || row.rehearsal || typeof checkInList?.inside !== "number") return null;
    checkInList.inside += admitted;
    return crowding(checkInList.inside, checkInList.capacity);
  }

  async #refusal(list, code) {
    const rows = await this.#outbox.waiting();
    return rows.findLast((row) => row.list === list && row.code === code && row.direction === "entry" && row.local === "rejected" && fresh(row));
  }
}
