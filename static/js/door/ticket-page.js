// [data-scan-offer]: on a phone that is a scanner, the ticket page offers to check the ticket in. Every other reader of this
// page fetches nothing more than this and asks nothing.
import { isScanner } from "./device.js";

const NEEDED = ["engine", "scan-controller", "verdict", "check-in-lists", "sound"];
const root = document.querySelector("[data-scan-offer]");
const part = (name) => root.querySelector(`[data-${name}]`);
const code = location.pathname.split("/").filter(Boolean).at(-1).toUpperCase();

const load = async () => Object.assign({}, ...(await Promise.all(NEEDED.map((name) => import(`./${name}.js`)))));

// The answer is dressed as at the door.
const wear = (href) =>
  new Promise((done) => {
    document.head.append(Object.assign(document.createElement("link"), { rel: "stylesheet", href, onload: done, onerror: done }));
  });

const offer = (engine, { ScanController, Verdict, clock, hours, unlock }) => {
  const at = (moment) => clock(moment, engine.device);
  const listName = (slug) => engine.device.lists.find((list) => list.slug === slug)?.name ?? slug;
  const controller = new ScanController({ engine, verdict: new Verdict(part("verdict")), words: { clock: at, listName } });
  const menu = part("list");
  const describe = () => {
    part("hours").textContent = hours(engine.device.lists[menu.selectedIndex], engine.device);
  };
  menu.replaceChildren(...engine.device.lists.map(({ name, slug }) => new Option(name, slug)));
  menu.addEventListener("change", describe);
  part("go").addEventListener("click", () => {
    unlock();
    controller.submit({ list: menu.value, code });
  });
  engine.addEventListener("dead", () => {
    root.hidden = true;
  });
  describe();
  root.hidden = false;
};

if (root && isScanner()) {
  const modules = await load();
  const engine = await modules.openEngine({ urls: { ...root.dataset }, install: false });
  await engine.refresh();
  if (engine.state === "ok" && engine.device.lists.length) {
    await wear(root.dataset.styles);
    offer(engine, modules);
  }
}
