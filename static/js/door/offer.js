// [data-scan-offer]: on a phone that is a scanner, the ticket page offers to check the ticket in.
import { Desk } from "./desk.js";
import { isScanner } from "./device.js";
import { openEngine } from "./engine.js";
import { clock, hours } from "./lists.js";
import { unlock } from "./sound.js";
import { Verdict } from "./verdict.js";

const root = document.querySelector("[data-scan-offer]");
const part = (name) => root.querySelector(`[data-${name}]`);
const code = location.pathname.split("/").filter(Boolean).at(-1).toUpperCase();

const offer = (engine) => {
  const at = (moment) => clock(moment, engine.device);
  const listName = (slug) => engine.device.lists.find((list) => list.slug === slug)?.name ?? slug;
  const desk = new Desk({ engine, verdict: new Verdict(part("verdict")), words: { clock: at, listName } });
  const lists = part("list");
  const describe = () => {
    part("hours").textContent = hours(engine.device.lists[lists.selectedIndex], engine.device);
  };
  lists.replaceChildren(...engine.device.lists.map(({ name, slug }) => new Option(name, slug)));
  lists.addEventListener("change", describe);
  part("go").addEventListener("click", () => {
    unlock();
    desk.submit({ list: lists.value, code });
  });
  engine.addEventListener("dead", () => {
    root.hidden = true;
  });
  describe();
  root.hidden = false;
};

// The answer is dressed as at the door; nobody else's phone fetches that stylesheet.
const wear = (href) =>
  new Promise((done) => {
    const link = Object.assign(document.createElement("link"), { rel: "stylesheet", href, onload: done, onerror: done });
    document.head.append(link);
  });

// Only a phone that was made a scanner asks the server; every other reader of this page asks nothing.
if (root && isScanner()) {
  const engine = await openEngine({ urls: { ...root.dataset }, install: false });
  await engine.refresh();
  if (engine.state === "ok" && engine.device.lists.length) {
    await wear(root.dataset.styles);
    offer(engine);
  }
}
