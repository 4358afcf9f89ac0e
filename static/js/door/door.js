// [data-door]: the scanner. Camera, hand scanner, typed references, photos and names all end in one place: take().
import { readCode, readReference } from "./codes.js";
import { ScanController } from "./scan-controller.js";
import { openEngine } from "./engine.js";
import { Find } from "./find.js";
import { Corrections } from "./corrections.js";
import { CheckInLists, clock } from "./check-in-lists.js";
import { Log } from "./log.js";
import { Menu } from "./menu.js";
import { Rehearsal } from "./rehearse.js";
import { Sheets } from "./sheets.js";
import { play, unlock } from "./sound.js";
import { Status } from "./status.js";
import { Verdict } from "./verdict.js";
import { WalkIn } from "./walkin.js";
import { CodeInputs } from "./code-inputs.js";
import { number, say } from "./messages.js";

const TICK = 5000; // hours, ages and the question of the rehearsal move on by themselves
const root = document.querySelector("[data-door]");
const part = (name) => root.querySelector(`[data-${name}]`);
const hosts = [...root.dataset.hosts.split(" "), location.host];
const engine = await openEngine({ urls: { ...root.dataset }, hosts, lang: document.documentElement.lang });
const at = (moment) => clock(moment, engine.device);
const rehearsing = () => rehearsal.on;

const verdict = new Verdict(part("verdict"));
const checkInLists = new CheckInLists(part, () => settle());
const rehearsal = new Rehearsal(root, part, { checkInList: () => checkInLists.chosen, changed: () => walkIn.draw() });
const walkIn = new WalkIn(part, { engine, checkInList: () => checkInLists.chosen, rehearsal: rehearsing });
const corrections = new Corrections(part("corrections"), at);
const controller = new ScanController({ engine, verdict, words: { clock: at, listName: checkInLists.name }, rehearsal: rehearsing, changed: () => log.draw(), corrected: (answer, before) => corrections.add(answer, before) });
const log = new Log(part("log"), { engine, controller, clock: at });
const status = new Status(root, part, { engine });
const find = new Find(part, { engine, take: (reference) => take(reference), checkInList: () => checkInLists.chosen, clock: at });
const sheets = new Sheets(root, (name) => name === "find" && find.clear());
const codeOf = (text) => readCode(text, hosts) ?? readReference(text);
const codeInputs = new CodeInputs(part, {
  worker: root.dataset.worker,
  hosts,
  take: (text) => take(text),
  ask: {
    isOurs: (text) => codeOf(text) !== null,
    // A code of others never talks over an answer that is still being read.
    isFree: ({ ours }) => !controller.busy && !(ours ? verdict.blocks : verdict.shown) && !root.querySelector("dialog[data-sheet][open]"),
    isReady: () => engine.state === "ok" && Boolean(checkInLists.chosen),
  },
  callbacks: {
    wait: () => (sheets.close(), verdict.wait()),
    done: ({ text, trouble }) => (verdict.clear(), trouble ? refuse("ask", "silent", trouble) : take(text)),
    layout: () => (sheets.close(), verdict.asks || controller.busy || refuse("ask", "silent", "layout")),
  },
});
const menu = new Menu(root, part, { engine, clock: at, left: () => stranger("never") });

// Every way in ends here; `text` is a scanned address, a bare code or a reference. Whether it was taken.
const take = (text) => {
  sheets.close();
  if (verdict.asks) play("ask"); // a question stands: nobody of a family is lost by scanning on
  if (controller.busy || !checkInLists.chosen || verdict.asks) return false;
  const code = codeOf(text);
  if (code) controller.submit({ list: checkInLists.chosen.slug, code, direction: direction() });
  else refuse("bad", "no", "not_ours");
  return true;
};

const refuse = (tone, icon, name) => verdict.show({ tone, icon, word: say(`title_${name}`), lines: [{ kind: "message", text: say(name) }] });
const direction = () => part("direction").elements.direction.value;

// What depends on the chosen list and on the way guests go.
const settle = () => {
  const oneWay = checkInLists.chosen?.count_exits === false;
  if (oneWay) part("direction").elements.direction.value = "entry";
  for (const piece of root.querySelectorAll("[data-needs-list]")) piece.hidden = !checkInLists.chosen; // a supervisor's phone may have none
  part("direction").hidden ||= oneWay;
  part("way-note").hidden = direction() === "entry";
  root.toggleAttribute("data-going-out", direction() === "exit");
  walkIn.draw();
  rehearsal.draw();
};

const show = () => {
  const { device } = engine;
  part("event").textContent = [device.event.title, device.event.town].filter(Boolean).join(" · ");
  part("main").hidden = false;
  part("stranger").hidden = true;
  checkInLists.show(device);
  settle();
};

// Not a scanner (yet, or any more): stop, say why, keep what was not delivered.
const stranger = (why) => {
  codeInputs.stop();
  verdict.clear();
  sheets.close();
  const { unsent, clicksUnsent = 0 } = engine.status;
  part("main").hidden = true;
  part("stranger-title").textContent = say(`stranger_${why}_title`);
  part("stranger-text").textContent = say(`stranger_${why}`);
  part("kept").hidden = unsent + clicksUnsent === 0;
  part("kept").textContent = say("unsent", { count: number(unsent + clicksUnsent) });
  part("stranger").hidden = false;
};

const draw = () => (engine.state === "ok" ? show() : stranger(engine.state));

const refresh = async () => {
  await engine.refresh();
  draw();
};

for (const event of ["pointerdown", "keydown"]) document.addEventListener(event, unlock, { capture: true, passive: true });
part("direction").addEventListener("change", settle);
part("refresh").addEventListener("click", refresh);
engine.addEventListener("device", () => (menu.draw(), draw()));
engine.addEventListener("dead", draw);
engine.addEventListener("status", () => (checkInLists.refresh(), engine.state !== "ok" && draw()));
setInterval(() => {
  checkInLists.refresh();
  rehearsal.draw();
  status.draw();
}, TICK);

document.querySelector("[data-needs-script]").remove();
root.hidden = false;
draw();
log.draw();
if (engine.state !== "never") await refresh();
