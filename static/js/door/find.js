// A guest without a code: by name, only with network, since this phone holds no names. Asked once per press: few are allowed.
import { button, make } from "./dom.js";
import { number, say } from "./messages.js";

const LEAST = 3;
const MOST = 5;
const UNREACHED = new Set(["network", "timeout", "offline"]);

export class Find {
  #part;
  #engine;
  #take;
  #checkInList;
  #clock;
  #turn = 0;

  // `take(reference)` checks the guest in at the list that `list()` gives; `clock(at)` puts a moment into words.
  constructor(part, { engine, take, checkInList, clock }) {
    this.#part = part;
    this.#engine = engine;
    this.#take = take;
    this.#checkInList = checkInList;
    this.#clock = clock;
    part("find").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#search(event.target.elements.q.value.trim());
    });
  }

  // Empty for the next guest.
  clear() {
    this.#turn += 1;
    this.#part("find").reset();
    this.#tell("");
  }

  async #search(text) {
    this.#turn += 1;
    const turn = this.#turn;
    if ([...text.replace(/[^\p{L}]/gu, "")].length < LEAST) return this.#tell(say("find_short"));
    if (!this.#engine.status.online) return this.#tell(say("find_offline"));
    this.#tell(say("find_busy"));
    const { tickets, why } = await this.#engine.search(text);
    if (turn !== this.#turn) return undefined;
    if (!tickets) return this.#tell(say(UNREACHED.has(why) ? "find_offline" : why === "limited" ? "find_limited" : "no_answer_server"));
    this.#tell(tickets.length ? (tickets.length >= MOST ? say("find_many") : "") : say("find_none"));
    return this.#part("found").replaceChildren(...tickets.map((ticket) => this.#row(ticket)));
  }

  #tell(text) {
    this.#part("find-said").textContent = text;
    this.#part("found").replaceChildren();
  }

  // Who is in already needs no button, but since when.
  #row(ticket) {
    const { reference, name, companion, party, status } = ticket;
    const about = [companion && name, party > 1 && say("find_party", { count: number(party) }), status !== "confirmed" && say(`status_${status}`)].filter(Boolean).join(" · ");
    const who = make("p", "found-guests__who", {}, make("strong", "", { text: companion ?? name }), about && make("span", "", { text: about }));
    const here = (ticket.inside ?? []).find(({ list }) => list === this.#checkInList()?.slug);
    if (here?.count >= party) return make("li", "found-guests__one", {}, who, this.#inside(here));
    if (here) who.append(make("span", "", { text: say("party", { arrived: here.count, party }) }));
    const go = button("btn", say("find_go"), () => this.#take(reference), { "aria-label": `${say("find_go")}: ${companion ?? name}` });
    return make("li", "found-guests__one", {}, who, go);
  }

  #inside({ count, since }) {
    const text = say(count > 1 ? "find_all_in" : "find_one_in", { count: number(count), time: this.#clock(since) });
    return make("p", "found-guests__in", { text });
  }
}
