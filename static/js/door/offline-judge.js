// Judging without the server: gathers what this phone knows of a code at a list and puts it to judge.js.
import { admitted, free, judge, judgeUndo, tally } from "./judge.js";

const NEARLY_FULL = 0.9;

// What came of a row as far as the phone knows, in the form `tally` wants; scans that nobody answered count nothing.
const outcome = ({ answer, count, takes }) => ({ result: answer?.result, count, admitted: answer?.admitted ?? 0, undoes: takes });

export class OfflineJudge {
  #outbox;
  #roster;
  #clock;

  constructor(outbox, roster, clock) {
    this.#outbox = outbox;
    this.#roster = roster;
    this.#clock = clock;
  }

  // {result, guest, first, admitted} for a row that was just made; `device` as remembered. "unheard": this phone has no
  // list to look the code up in.
  async judge(row, device) {
    const checkInList = device.lists.find(({ slug }) => slug === row.list) ?? {};
    if (row.direction === "undo") return this.#undo(row, device);
    const hash = row.mark?.slice(row.list.length + 1) ?? null;
    const about = await this.#roster.about(row.list);
    const entry = hash && (await this.#roster.find(row.list, hash, row.code));
    const own = hash ? await this.#own(row) : [];
    if (row.direction === "entry" && (!hash || !about?.at) && !own.length) return { result: "unheard" };
    return this.#known(row, checkInList, entry, own, about, device);
  }

  // The real scans of this code at this list on this phone, older than this. Rehearsed ones let nobody in.
  async #own(row) {
    const rows = await this.#outbox.of(row.mark);
    return rows.filter((other) => other.seq < row.seq && !other.rehearsal && other.answer);
  }

  #known(row, checkInList, entry, own, about, device) {
    const final = !checkInList.re_entry;
    const said = own.findLast((other) => other.answer.guest)?.answer.guest;
    const before = entry ?? { inside: 0, gone: 0 };
    const since = own.filter((other) => !other.settled || !entry || other.settled >= (about?.asked ?? 0));
    const { inside, gone } = tally(before, since.map(outcome), final);
    const party = entry?.note?.p ?? said?.party ?? 1;
    const facts = {
      at: this.#clock.right(row.at).toISOString(), count: row.count, party, device_inside: inside, device_gone: gone,
      device_listed: Boolean(entry) || own.some((other) => other.answer.result === "accepted" && other.answer.source === "server"),
      status: entry?.state ?? "ok", opens_at: checkInList.opens_at, closes_at: checkInList.closes_at,
    };
    const result = judge(row.direction, facts);
    const let_in = result === "accepted" ? admitted(facts) : 0;
    const arrived = row.direction === "exit" ? Math.max(0, inside - row.count) : inside + let_in;
    return { result, admitted: let_in, guest: result === "revoked" ? null : guestOf(entry?.note, said, party, arrived), first: result === "already_in" ? this.#first(own, device) : null, left: result === "already_in" && free({ ...facts, device_gone: 0 }) > 0 };
  }

  #first(own, device) {
    const row = own.find((other) => other.answer.result === "accepted" && !other.undone);
    const by = device.name.split(/\s+/).map((word) => word[0] ?? "").join("").slice(0, 3).toUpperCase();
    return row ? { at: this.#clock.right(row.at).toISOString(), list: row.list, by } : null;
  }

  async #undo(row, device) {
    const target = await this.#outbox.get(row.undoes);
    const number = target?.undone ? 0 : target?.answer?.result === "accepted" ? target.answer.admitted : target?.answer?.result === "exited" ? target.count : 0;
    const result = judgeUndo({
      found: Boolean(target), same_list: target?.list === row.list, own: true, supervises: device.supervise, takes_back: number,
      minutes: (Date.parse(row.at) - Date.parse(target?.at ?? row.at)) / 60_000,
    });
    const guest = target?.answer?.guest;
    return { result, guest: guest && { ...guest, arrived: Math.max(0, guest.arrived - (target.direction === "entry" ? number : 0)) } };
  }
}

// What an undo takes back, for its row: the mark it shares with its target, and how many.
export const takenBack = (target) => target && { mark: target.mark, takes: { direction: target.direction, number: target.direction === "entry" ? (target.answer?.admitted ?? 0) : target.count } };

const guestOf = (note, said, party, arrived) => {
  if (note) return { initials: note.i, party, arrived, language: note.l, notes: note.n ?? [], answers: (note.a ?? []).map(([question, answer]) => ({ question, answer })), rehearsal: Boolean(note.r) };
  return said ? { ...said, party, arrived } : null;
};

// A list that is full, or nearly, as far as this phone knows: it warns, people decide.
export const crowding = (inside, capacity) => {
  if (!capacity || inside < capacity * NEARLY_FULL) return null;
  return inside >= capacity ? "full" : "nearly_full";
};
