// What the hand and the ear are told: each kind of answer has its own tune and its own vibration, so that nobody needs
// to look. A verdict that the phone made alone ends in two low knocks; a rehearsal begins with three ticks.
import { keep, pref } from "./prefs.js";

// [pitch in Hz, begins after, lasts], in seconds. Rising lets in, falling goes out, low and double refuses, wavering asks.
export const TUNES = {
  ok: [[880, 0, 0.1], [1320, 0.12, 0.16]],
  party: [[660, 0, 0.09], [880, 0.11, 0.09], [1320, 0.22, 0.18]],
  out: [[1320, 0, 0.1], [880, 0.12, 0.16]],
  back: [[988, 0, 0.1], [740, 0.12, 0.1], [988, 0.24, 0.14]],
  ask: [[587, 0, 0.12], [440, 0.15, 0.12], [587, 0.3, 0.14]],
  bad: [[185, 0, 0.2], [185, 0.28, 0.26]],
  plus: [[1047, 0, 0.05]],
  minus: [[523, 0, 0.07]],
};
const OFFLINE = [[330, 0, 0.08], [330, 0.13, 0.08]];
const REHEARSAL = [[1760, 0, 0.03], [1760, 0.07, 0.03], [1760, 0.14, 0.03]];
// Milliseconds on, off, on…
export const VIBRATIONS = {
  ok: [80], party: [80, 60, 80], out: [40, 40, 40], back: [40], ask: [70, 60, 70, 60, 70], bad: [220, 100, 220], plus: [30], minus: [15],
};
const KNOCK = [60, 30, 40, 30];
let context = null;

export const loud = () => pref("sound", true);
export const setLoud = (on) => keep("sound", on);

// Browsers allow sound only after a touch: call this from every press, it is cheap.
export const unlock = () => {
  const Context = window.AudioContext ?? window.webkitAudioContext;
  if (!Context) return;
  context ??= new Context();
  if (context.state !== "running") context.resume().catch(() => {});
};

const lasts = (tune) => Math.max(...tune.map(([, after, length]) => after + length));
const later = (tune, by) => tune.map(([pitch, after, length]) => [pitch, after + by, length]);

const score = (name, { offline, rehearsal }) => {
  const begin = rehearsal ? lasts(REHEARSAL) + 0.08 : 0;
  const end = begin + lasts(TUNES[name]) + 0.1;
  return [...(rehearsal ? REHEARSAL : []), ...later(TUNES[name], begin), ...(offline ? later(OFFLINE, end) : [])];
};

const beep = ([pitch, after, length]) => {
  const start = context.currentTime + after;
  const low = pitch < 300;
  const tone = context.createOscillator();
  const volume = context.createGain();
  tone.frequency.value = pitch;
  tone.type = low ? "square" : "sine";
  volume.gain.setValueAtTime(0.0001, start);
  volume.gain.exponentialRampToValueAtTime(low ? 0.16 : 0.3, start + Math.min(0.015, length / 3));
  volume.gain.exponentialRampToValueAtTime(0.0001, start + length);
  tone.connect(volume).connect(context.destination);
  tone.start(start);
  tone.stop(start + length + 0.02);
};

// Plays a tune and shakes the phone. Sound off leaves the vibration.
export const play = (name, { offline = false, rehearsal = false } = {}) => {
  const shake = offline ? [...VIBRATIONS[name], ...KNOCK] : VIBRATIONS[name];
  if (navigator.userActivation?.hasBeenActive ?? true) navigator.vibrate?.(shake);
  if (context?.state !== "running" || !loud()) return;
  for (const tone of score(name, { offline, rehearsal })) beep(tone);
};
