// What an answer looks and sounds like: from an Answer of the engine to what the panel shows. Nothing here acts.
import { icon, make } from "./dom.js";
import { knows, say } from "./messages.js";

// [tone: which colour; icon; tune]. Circles let in, diamonds ask, octagons refuse.
const LOOKS = {
  accepted: ["ok", "in", "ok"],
  exited: ["ok", "out", "out"],
  undone: ["ok", "back", "back"],
  already_in: ["ask", "twice", "ask"],
  not_yet: ["ask", "time", "ask"],
  too_late: ["ask", "time", "ask"],
  waitlisted: ["ask", "queue", "ask"],
  unheard: ["ask", "silent", "ask"],
  waiting: ["wait", "silent", "ask"],
  no_answer: ["ask", "silent", "ask"],
  wrong_event: ["bad", "elsewhere", "bad"],
  wrong_list: ["bad", "elsewhere", "bad"],
};
const UNSURE = new Set(["unknown", "unheard"]); // alone the phone cannot say no: a supervisor can
const PEARLS = 12; // a larger party is only written

export const isUnsure = ({ source, result, scan }) => source === "phone" && UNSURE.has(result) && scan?.direction === "entry";

// [tone, icon, tune]; whatever is not known here is refused.
export const look = (answer) => {
  if (isUnsure(answer)) return LOOKS.unheard;
  return LOOKS[answer.error ? "" : answer.result] ?? ["bad", "no", "bad"];
};

export const title = (answer) => {
  if (isUnsure(answer)) return say("title_supervisor");
  const name = `title_${answer.error ? "error" : answer.result}`;
  return say(knows(name) ? name : "title_error");
};

const party = ({ guest, result }) => guest?.party > 1 && result !== "undo_refused";
const arrived = ({ guest }) => say("party", guest);

// The tune: a family is heard as one.
export const tune = (answer) => (answer.result === "accepted" && party(answer) ? "party" : look(answer)[2]);

// Marks at the top of the panel, each an icon or a frame and a word.
export const tags = (answer, { rehearsal = false } = {}) =>
  [
    answer.source === "phone" && !answer.error && { kind: "offline", icon: "offline", text: say("offline") },
    (rehearsal || answer.scan?.rehearsal) && { kind: "rehearsal", text: say("rehearsal") },
    answer.guest?.rehearsal && { kind: "rehearsal", text: say("rehearsal_ticket") },
  ].filter(Boolean);

// The lines of the panel in reading order; `clock(at)` and `listName(slug)` put data into words.
export const lines = (answer, { clock, listName }) => {
  const { guest, first, guest_language: lang } = answer;
  const message = answer.message || (answer.error ? say("refused") : "");
  const many = party(answer) ? arrived(answer) : "";
  const first_line = first && answer.source === "phone" && { kind: "message", text: say("first_scan", { time: clock(first.at), list: listName(first.list), by: first.by }) };
  return [
    { kind: "guest", text: guest?.initials },
    many && { kind: "party", text: many, pearls: pearls(guest) },
    ...(guest?.notes ?? []).map((need) => ({ kind: "need", icon: needIcon(need), text: say(`need_${need}`) || need })),
    ...(guest?.answers ?? []).map(({ question, answer: said }) => ({ kind: "answer", question, text: said })),
    { kind: "warning", text: answer.warning_message },
    { kind: "message", text: many ? message.replace(many, "").trim() : message }, // said once, in large
    first_line,
    isUnsure(answer) && { kind: "message", text: say(`no_answer_${answer.why}`) },
    { kind: "theirs", text: lang !== document.documentElement.lang && answer.guest_message, lang },
  ].filter((line) => line?.text);
};

const needIcon = (need) => (["wheelchair", "hearing_loop", "sign_language", "interpreter"].includes(need) ? need : "diet");
const pearls = ({ arrived: inside, party: all }) => (all <= PEARLS ? Array.from({ length: all }, (_, at) => at < inside) : []);

// One line as an element.
export const drawn = ({ kind, text, lang, icon: name, question, pearls: row }) => {
  const own = name && icon(name, "verdict__sign");
  if (kind === "answer") return make("p", "verdict__answer", {}, make("span", "verdict__question", { text: question }), make("span", "", { text }));
  if (kind === "need") return make("p", "verdict__need", {}, own, make("span", "", { text }));
  if (kind !== "party") return make("p", `verdict__${kind}`, { text, lang });
  const dots = row.map((inside) => make("span", inside ? "verdict__pearl verdict__pearl--in" : "verdict__pearl"));
  return make("p", "verdict__party", {}, make("span", "verdict__pearls", { "aria-hidden": "true" }, ...dots), make("span", "", { text }));
};
