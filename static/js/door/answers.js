// The shape in which every answer to a scan reaches the screen, whoever judged it, and the part of it that is kept.
const NOTHING = { guest: null, first: null, message: "", guest_message: "", guest_language: "", warning: null, warning_message: "", admitted: 0, why: null };
const SCAN = ["id", "seq", "list", "direction", "count", "undoes", "reason", "rehearsal", "at", "mode", "local"];

// What may be told of a scan: everything but its code.
export const scanOf = (row) => Object.fromEntries(SCAN.map((name) => [name, row[name] ?? null]));

const guestOf = (guest) => guest && { party: 1, arrived: 0, language: "", notes: [], answers: [], rehearsal: false, ...guest };

// The server's words for one scan.
export const fromServer = (row, { id, replay, guest, ...said }) => ({
  ...NOTHING,
  ...said,
  guest: guestOf(guest ?? null),
  result: said.result ?? "",
  scan: scanOf(row),
  source: "server",
});

// The phone's own judgement; `messages` are its sentences for this result.
export const fromPhone = (row, { result, guest = null, first = null, admitted = 0, warning = null }, messages, why) => ({
  ...NOTHING,
  result,
  first,
  admitted,
  warning,
  why,
  guest: guestOf(guest),
  message: messages.volunteer(result),
  guest_message: messages.guest(result, guest?.language),
  guest_language: messages.guestLanguage(guest?.language),
  warning_message: warning ? messages.warning(warning) : "",
  scan: scanOf(row),
  source: "phone",
});

// What stays on the phone for the log: no needs, nothing that the guest answered.
export const kept = (answer) => ({ ...answer, guest: answer.guest && { ...answer.guest, notes: [], answers: [] } });
