// [data-door]: the scanner. Camera, typed references and photos all end in one place: take().
import { Admit } from "./admit.js";
import { Camera, possible } from "./camera.js";
import { readCode, readReference } from "./codes.js";
import { Decoder, whole } from "./decoder.js";
import { ask, remembered } from "./device.js";
import { clock, hours } from "./lists.js";
import { Log } from "./log.js";
import { unanswered } from "./scans.js";
import { unlock } from "./sound.js";
import { read, write } from "./storage.js";
import { Verdict } from "./verdict.js";
import { say } from "./words.js";

const SAME = 3000; // the same code within three seconds is one scan
const RETRY = 15_000;
const LIST = "door.list";
const root = document.querySelector("[data-door]");
const part = (name) => root.querySelector(`[data-${name}]`);
const hosts = [...root.dataset.hosts.split(" "), location.host];
const verdict = new Verdict(part("verdict"), (held) => {
  admit.released();
  if (held) part("typed").elements.code.focus({ preventScroll: true });
});
const log = new Log(part("log"), { clock: (at) => clock(at, admit.device), undo: (scan, guest) => admit.askUndo(scan, guest) });
const admit = new Admit({
  url: root.dataset.scans,
  verdict,
  log,
  told: (what) => {
    if (what === "dead") return stranger("dead");
    if (what === "answered") part("offline").hidden = true;
    return countUnanswered();
  },
});
let decoder = null;
let camera = null;
let seen = { text: "", at: 0 };

// Every way in ends here; `text` is a scanned address, a bare code or a typed reference.
const take = (text) => {
  const code = readCode(text, hosts) ?? readReference(text);
  if (!code) return verdict.show({ tone: "bad", icon: "no", word: say("title_not_ours"), lines: [{ kind: "message", text: say("not_ours") }] });
  return admit.submit({ list: chosen().slug, code, direction: part("direction").elements.direction.value });
};

const onCode = (text) => {
  const now = performance.now();
  const again = text === seen.text && now - seen.at < SAME;
  if (again) seen.at = now;
  if (again || admit.busy || verdict.blocks) return;
  seen = { text, at: now };
  take(text);
};

const chosen = () => admit.device.lists.find((list) => list.slug === part("list").value) ?? admit.device.lists[0];

const showList = () => {
  const list = chosen();
  part("hours").textContent = list ? hours(list, admit.device) : "";
  part("one-list").textContent = list?.name ?? "";
};

const show = (device) => {
  const kept = read(LIST);
  admit.device = device;
  part("event").textContent = device.event.title;
  part("event").lang = device.language ?? "";
  part("list").replaceChildren(...device.lists.map((list) => new Option(list.name, list.slug, false, list.slug === kept)));
  part("choice").hidden = device.lists.length < 2;
  part("one-list").hidden = device.lists.length !== 1;
  showList();
  countUnanswered();
  part("stranger").hidden = true;
  part("main").hidden = false;
};

const countUnanswered = () => {
  const count = unanswered(admit.device?.event.slug).length;
  for (const place of [part("unanswered"), part("kept")]) place.hidden = count === 0;
  for (const place of [part("unanswered-text"), part("kept")]) place.textContent = say("unanswered", { count });
};

// Not a scanner (yet, or any more): stop, say why, keep what was not delivered.
const stranger = (why) => {
  camera?.stop();
  verdict.clear();
  admit.device = null;
  part("main").hidden = true;
  part("stranger-title").textContent = say(`stranger_${why}_title`);
  part("stranger-text").textContent = say(`stranger_${why}`);
  countUnanswered();
  part("stranger").hidden = false;
};

const refresh = async () => {
  const known = remembered();
  const { state, device } = await ask(root.dataset.device);
  if (state === "ok") show(device);
  else if (state === "dead") stranger(known ? "dead" : "never");
  else if (!known) stranger("silent");
  part("offline").hidden = state === "ok" || state === "dead";
  if (admit.device) admit.flush();
};

// The camera
const stage = part("stage");
const note = (name) => {
  part("note").textContent = name ? say(`camera_${name}`) : "";
};
const idle = (why) => {
  stage.dataset.state = "idle";
  part("light").hidden = true;
  note(why);
};
const decoderOf = () => (decoder ??= new Decoder(root.dataset.worker, () => (camera?.stop(), idle("broken"))));

const start = async () => {
  unlock();
  stage.dataset.state = "starting";
  note("starting");
  camera ??= new Camera(part("video"), decoderOf(), { onCode, onEnd: () => idle("ended") });
  const trouble = await camera.start();
  if (trouble) return idle(trouble);
  stage.dataset.state = "scanning";
  part("light").hidden = !camera.hasLight;
  part("light").setAttribute("aria-pressed", "false");
  return note("");
};

const switchLight = async () => {
  const on = part("light").getAttribute("aria-pressed") !== "true";
  part("light").setAttribute("aria-pressed", String(on));
  await camera.light(on);
};

// The other ways in
const typed = (event) => {
  event.preventDefault();
  const field = event.target.elements.code;
  unlock();
  if (field.value.trim() && !admit.busy) {
    take(field.value);
    field.value = "";
  }
  field.focus({ preventScroll: true });
};

const photo = async (event) => {
  const [file] = event.target.files;
  event.target.value = "";
  if (!file) return;
  unlock();
  verdict.wait();
  const text = await readPhoto(file).catch(() => null);
  verdict.clear();
  if (text) take(text);
  else verdict.show({ tone: "ask", icon: "silent", word: say("title_no_code"), lines: [{ kind: "message", text: say("no_code") }] });
};

const readPhoto = async (file) => {
  const picture = await createImageBitmap(file);
  for (const side of [1280, 2600]) {
    const text = await decoderOf().decode(await whole(picture, picture.width, picture.height, side), true);
    if (text) return text;
  }
  return null;
};

part("start").addEventListener("click", start);
part("stop").addEventListener("click", () => camera.stop());
part("light").addEventListener("click", switchLight);
part("typed").addEventListener("submit", typed);
part("photo").addEventListener("change", photo);
part("again").addEventListener("click", () => admit.flush({ asked: true }));
for (const press of root.querySelectorAll("[data-refresh]")) press.addEventListener("click", refresh);
part("list").addEventListener("change", () => (write(LIST, part("list").value), showList()));
window.addEventListener("online", () => admit.device && refresh());
document.addEventListener("visibilitychange", () => !document.hidden && admit.device && admit.flush());
setInterval(() => admit.device && !document.hidden && (showList(), admit.flush()), RETRY);

document.querySelector("[data-needs-script]").remove();
root.hidden = false;
if (!possible()) {
  part("start").hidden = true;
  note(window.isSecureContext ? "missing" : "insecure");
}
const known = remembered();
if (known) {
  show(known);
  refresh();
} else stranger("never");
