// [data-phonetest]: what a phone needs at the door, one point after the other, each in order, to be looked at, or at fault.
import { Camera, possible as hasCamera } from "./camera.js";
import { readCode } from "./codes.js";
import { Decoder } from "./decoder.js";
import { listen } from "./handscan.js";
import { call } from "./device.js";
import { openEngine } from "./engine.js";
import { opensOffline, possible as canInstall } from "./install.js";
import { Lens } from "./lens.js";
import { possible as hasCrypto } from "./roster.js";
import { Sight } from "./sight.js";
import { loud, play, unlock } from "./sound.js";
import { ago, number, say } from "./messages.js";

const ICONS = { wait: "dots", ok: "in", look: "silent", fault: "no" };
const [SLOW, FRESH, CLOCK] = [1000, 600_000, 5000]; // milliseconds
const SIGNALS = ["ok", "ask", "bad"];
const NEEDED = ["offline", "list"]; // without these the phone is not ready, however little is missing
const SOFT = ["storage", "vibration", "awake"]; // what many good phones cannot do: marked, but no hindrance
const OPTIONAL = ["handscan"]; // few have one: not tried is no hindrance
const root = document.querySelector("[data-phonetest]");
const states = new Map();
const lang = document.documentElement.lang;
const engine = await openEngine({ urls: {}, lang });
const hosts = [...root.dataset.hosts.split(" "), location.host];

const paint = (element, state) => {
  element.dataset.state = state;
  element.querySelector("use").setAttribute("href", `#icon-${ICONS[state]}`);
};

const show = (name, state, values = {}, word = `${name}_${state}`) => {
  const row = root.querySelector(`[data-check="${name}"]`);
  paint(row, state);
  row.querySelector("[data-state-word]").textContent = say(`state_${state}`);
  row.querySelector("[data-said]").textContent = say(word, values);
  states.set(name, state);
  sum();
};

const judged = () => {
  const found = (state, names = [...states.keys()]) => names.some((name) => states.get(name) === state);
  if (engine.state !== "ok" || found("fault", ["storage", ...NEEDED]) || found("look", NEEDED)) return "fault";
  const hard = [...states.keys()].filter((name) => !SOFT.includes(name));
  const needed = [...states.keys()].filter((name) => !OPTIONAL.includes(name));
  return found("fault") || found("look", hard) ? "look" : found("wait", needed) ? "wait" : "ok";
};

const sum = () => {
  const state = judged();
  const panel = root.querySelector("[data-sum]");
  paint(panel, state);
  panel.querySelector("[data-sum-text]").textContent = say(engine.state === "ok" ? `sum_${state}` : "sum_stranger");
};

const checkOffline = async () => show("offline", (await opensOffline(lang)) ? "ok" : canInstall() ? "look" : "fault");

const checkList = () => {
  const { rosterReady, rosterSize, rosterAt } = engine.status;
  if (!hasCrypto()) return show("list", "fault");
  if (!rosterReady) return show("list", "look", {}, "list_none");
  return show("list", Date.now() - Date.parse(rosterAt) < FRESH ? "ok" : "look", { count: number(rosterSize), age: ago(rosterAt) });
};

const checkStorage = async () => {
  if (!engine.status.persisted) return show("storage", "fault");
  const safe = (await navigator.storage?.persisted?.()) || (await navigator.storage?.persist?.());
  const { quota = 0, usage = 0 } = (await navigator.storage?.estimate?.()) ?? {};
  return show("storage", safe ? "ok" : "look", { space: number(Math.round((quota - usage) / 1e6)) });
};

const checkNetwork = async () => {
  const { status, asked, came } = await call("/api/v1/device");
  const time = number(came - asked);
  return show("network", status === 0 || status >= 500 ? "fault" : came - asked > SLOW ? "look" : "ok", { time });
};

const checkClock = () => {
  const { offset } = engine.status;
  if (!engine.status.online) return show("clock", "wait");
  return show("clock", Math.abs(offset) < CLOCK ? "ok" : "look", { seconds: number(Math.round(-offset / 1000)) });
};

const checkAwake = async () => {
  const lock = await navigator.wakeLock?.request("screen").catch(() => null);
  await lock?.release();
  show("awake", lock ? "ok" : "look");
};

// Until a ticket was read; what was read is neither sent nor kept.
let camera = null;
let lens = null;
const sight = new Sight((text) => readCode(text, hosts) !== null);
const tryCamera = async () => {
  const video = root.querySelector("[data-video]");
  const end = () => ((video.hidden = true), lens.hide());
  const broken = () => (camera.stop(), show("code", "fault", {}, "camera_broken"));
  const read = (codes) => {
    const text = sight.look(codes);
    if (text === null) return;
    show("code", readCode(text, hosts) ? "ok" : "look");
    camera.stop();
  };
  camera ??= new Camera(video, new Decoder(root.dataset.worker, broken), { onFrame: read, onEnd: end });
  lens ??= new Lens(root.querySelector("[data-cameras]"), camera, () => lens.draw());
  if (camera.running) return;
  video.hidden = false;
  const trouble = await camera.start();
  if (trouble) end();
  else await lens.draw();
  show("camera", trouble ? "fault" : "ok", {}, trouble ? `camera_${trouble}` : "camera_ok");
};

// A hand scanner: what it reads is neither sent nor kept.
const heard = ({ ours, moved }) => show("handscan", moved === "unread" ? "fault" : ours ? "ok" : "look", {}, moved ? `handscan_${moved}` : `handscan_${ours ? "ok" : "look"}`);

const trySound = async () => {
  unlock();
  if (!(window.AudioContext ?? window.webkitAudioContext)) return show("sound", "fault");
  for (const [turn, name] of SIGNALS.entries()) setTimeout(play, 300 + turn * 1000, name);
  return show("sound", loud() ? "ok" : "look");
};

const run = async () => {
  await engine.refresh();
  checkList();
  checkClock();
  await Promise.all([checkOffline(), checkStorage(), checkNetwork(), checkAwake()]);
};

const presses = { camera: tryCamera, sound: trySound, again: run };
for (const press of root.querySelectorAll("[data-press]")) press.addEventListener("click", presses[press.dataset.press]);
for (const name of ["code", "sound", "handscan"]) show(name, "wait");
listen(hosts, heard);
if (hasCamera()) show("camera", "wait");
else show("camera", "fault", {}, window.isSecureContext ? "camera_missing" : "camera_insecure");
root.querySelector("[data-press=camera]").hidden = !hasCamera();
show("vibration", navigator.vibrate ? "ok" : "look");
engine.addEventListener("status", checkList);
document.querySelector("[data-needs-script]").remove();
root.hidden = false;
await run();
navigator.serviceWorker?.addEventListener("controllerchange", () => setTimeout(checkOffline, 1500));
