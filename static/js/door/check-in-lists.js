// Which list this phone works for: its name, a row to tap, or a menu; when it admits, how many are inside, whether it is full.
import { make } from "./dom.js";
import { keep, pref } from "./prefs.js";
import { number, say } from "./messages.js";

const ROW = 4; // more lists than this do not fit on a row
const NEARLY = 0.9;
const page = () => document.documentElement.lang.replace(/^en$/, "en-GB");
const day = (moment, timeZone) => new Intl.DateTimeFormat("en-CA", { timeZone, dateStyle: "short" }).format(moment);

// 18:04 in the event's place, with the day where it is not today's.
export const clock = (at, device) => {
  const timeZone = device?.event.timezone;
  const moment = new Date(at);
  const other = day(moment, timeZone) !== day(new Date(), timeZone) && { weekday: "short", day: "numeric", month: "short" };
  return new Intl.DateTimeFormat(page(), { timeZone, hour: "2-digit", minute: "2-digit", ...other }).format(moment);
};

// Whether the list admits at this moment (milliseconds).
export const isOpen = ({ opens_at: opens, closes_at: closes }, now = Date.now()) => !(opens && now < Date.parse(opens)) && !(closes && now >= Date.parse(closes));

// One line on when the list admits.
export const hours = ({ opens_at: opens, closes_at: closes }, device, now = Date.now()) => {
  if (opens && now < Date.parse(opens)) return say("list_opens", { time: clock(opens, device) });
  if (closes && now >= Date.parse(closes)) return say("list_closed", { time: clock(closes, device) });
  return closes ? say("list_until", { time: clock(closes, device) }) : "";
};

// "full" from 100 % on, "nearly_full" from 90 % on, else "".
export const crowding = ({ inside, capacity }) => {
  if (!capacity || inside === undefined || inside === null || inside < capacity * NEARLY) return "";
  return inside >= capacity ? "full" : "nearly_full";
};

// What the choice is drawn from.
const key = ({ lists }) => lists.map(({ slug, name }) => `${slug} ${name}`).join();

export class CheckInLists {
  #part;
  #changed;
  #device = null;
  #slug = null;

  // `part(name)` finds [data-name]; `changed()` is told when another list was chosen.
  constructor(part, changed) {
    this.#part = part;
    this.#changed = changed;
    part("lists").addEventListener("change", (event) => this.#choose(event.target.value));
    part("list").addEventListener("change", (event) => this.#choose(event.target.value));
  }

  // The list in use; undefined for a phone without lists (a supervisor's).
  get chosen() {
    const all = this.#device?.lists ?? [];
    return all.find(({ slug }) => slug === this.#slug) ?? all[0];
  }

  name = (slug) => this.#device?.lists.find((list) => list.slug === slug)?.name ?? slug;

  show(device) {
    const before = this.#device;
    this.#device = device;
    this.#slug ??= pref("list");
    if (!before || key(before) !== key(device)) this.#build(device.lists);
    this.refresh();
  }

  // The line below: hours, people inside, nearly full.
  refresh() {
    const checkInList = this.chosen;
    if (!checkInList) return;
    const { inside, capacity } = checkInList;
    const known = inside !== undefined && inside !== null;
    const state = crowding(checkInList);
    this.#part("hours").textContent = hours(checkInList, this.#device);
    this.#part("inside").textContent = known ? say(capacity ? "inside_of" : "inside", { count: number(inside), capacity: number(capacity ?? 0) }) : "";
    this.#part("crowding").hidden = !state;
    this.#part("crowding").className = `chip ${state === "full" ? "chip--bad" : "chip--warn"}`;
    this.#part("crowding").textContent = state && say(state);
  }

  #build(lists) {
    const chosen = this.chosen;
    const [one, row] = [lists.length === 1, lists.length > 1 && lists.length <= ROW];
    this.#part("one-list").hidden = !one;
    this.#part("lists").hidden = !row;
    this.#part("choice").hidden = lists.length <= ROW;
    this.#part("one-list").textContent = one ? chosen.name : "";
    this.#part("lists-row").replaceChildren(...(row ? lists.map((list) => segment(list, list === chosen)) : []));
    this.#part("list").replaceChildren(...lists.map(({ name, slug }) => new Option(name, slug, false, slug === chosen?.slug)));
  }

  #choose(slug) {
    this.#slug = slug;
    keep("list", slug);
    this.refresh();
    this.#changed();
  }
}

const segment = ({ slug, name }, checked) => {
  const field = make("input", "", { type: "radio", name: "list", value: slug });
  field.checked = checked;
  return make("label", "", {}, field, make("span", "", { text: name }));
};
