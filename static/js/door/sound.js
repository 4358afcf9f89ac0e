// Three answers for ear and hand: rising = in, low and double = refused, a wavering third = ask somebody.
const TONES = {
  ok: [[880, 0, 0.1], [1320, 0.12, 0.16]],
  bad: [[185, 0, 0.2], [185, 0.28, 0.26]],
  ask: [[587, 0, 0.12], [440, 0.15, 0.12], [587, 0.3, 0.14]],
};
const VIBRATION = { ok: [80], bad: [220, 100, 220], ask: [70, 60, 70, 60, 70] };
let context = null;

// Browsers allow sound only after a touch: call this from the first press.
export const unlock = () => {
  const Context = window.AudioContext ?? window.webkitAudioContext;
  if (!Context) return;
  context ??= new Context();
  if (context.state === "suspended") context.resume().catch(() => {});
};

const beep = (pitch, after, length) => {
  const start = context.currentTime + after;
  const tone = context.createOscillator();
  const volume = context.createGain();
  tone.frequency.value = pitch;
  tone.type = pitch < 300 ? "square" : "sine";
  volume.gain.setValueAtTime(0.0001, start);
  volume.gain.exponentialRampToValueAtTime(pitch < 300 ? 0.16 : 0.3, start + 0.015);
  volume.gain.exponentialRampToValueAtTime(0.0001, start + length);
  tone.connect(volume).connect(context.destination);
  tone.start(start);
  tone.stop(start + length + 0.02);
};

export const play = (tone) => {
  if (navigator.userActivation?.hasBeenActive ?? true) navigator.vibrate?.(VIBRATION[tone]);
  if (context?.state !== "running") return;
  for (const [pitch, after, length] of TONES[tone]) beep(pitch, after, length);
};
