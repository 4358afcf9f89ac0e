// What a phone can answer without the server, from facts alone; nothing here reads a clock or a store. The table
// tests/data/door_cases.json holds for this file (column "phone") and for app/checkin/rules.py (column "server").
export const UNDO_MINUTES = 15;

const RULES = [
  [(facts) => !facts.device_listed, "unknown"],
  [(facts) => facts.status === "replaced", "revoked"],
  [(facts) => facts.status === "cancelled", "cancelled"],
  [(facts) => facts.status === "waitlisted", "waitlisted"],
  [(facts) => facts.status === "wrong_list", "wrong_list"],
  [(facts) => facts.opens_at && Date.parse(facts.at) < Date.parse(facts.opens_at), "not_yet"],
  [(facts) => facts.closes_at && Date.parse(facts.at) >= Date.parse(facts.closes_at), "too_late"],
  [(facts) => free(facts) === 0, "already_in"],
];

// How many of the party may still come in, as far as the phone knows.
export const free = ({ party, device_inside: inside, device_gone: gone }) => Math.max(0, party - inside - gone);

// How many of `count` an accepted entry lets in.
export const admitted = (facts) => Math.min(facts.count, free(facts));

// The first reason that applies. The way out is never refused.
export const judge = (direction, facts) => {
  if (direction === "exit") return "exited";
  return RULES.find(([applies]) => applies(facts))?.[1] ?? "accepted";
};

// Taking back: what this phone scanned itself, of the same list, while it stands; longer ago only for a supervisor.
export const judgeUndo = ({ found, same_list: same, own, minutes, supervises, takes_back: back }) => {
  const allowed = supervises || (minutes >= 0 && minutes <= UNDO_MINUTES);
  return found && same && own && back > 0 && allowed ? "undone" : "undo_refused";
};

// Who is in and who has gone after these scans of one ticket at one list, oldest first, from what the server said before.
// Each: {direction, result, count, admitted, undoes: {direction, number}}; `final`: leaving is final here.
export const tally = ({ inside, gone }, scans, final) => {
  const leave = (number) => {
    const out = Math.min(number, inside);
    inside -= out;
    if (final) gone += out;
  };
  const back = (number) => {
    inside += number;
    if (final) gone = Math.max(0, gone - number);
  };
  for (const { result, count, admitted: number, undoes } of scans) {
    if (result === "accepted") inside += number;
    else if (result === "exited") leave(count);
    else if (result === "undone" && undoes?.direction === "entry") inside = Math.max(0, inside - undoes.number);
    else if (result === "undone" && undoes) back(undoes.number);
  }
  return { inside, gone };
};
