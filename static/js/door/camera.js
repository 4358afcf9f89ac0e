// The phone's rear camera: one frame in flight, light where there is one, awake while it runs.
import { square } from "./decoder.js";

const WISH = { audio: false, video: { facingMode: { ideal: "environment" }, width: { ideal: 1280 }, height: { ideal: 720 } } };
const REASONS = {
  NotAllowedError: "denied",
  SecurityError: "denied",
  NotFoundError: "none",
  OverconstrainedError: "none",
  NotReadableError: "busy",
  AbortError: "busy",
};

export const possible = () => window.isSecureContext && Boolean(navigator.mediaDevices?.getUserMedia);

export class Camera {
  #video;
  #decoder;
  #onCode;
  #onEnd;
  #stream = null;
  #lock = null;

  constructor(video, decoder, { onCode, onEnd }) {
    this.#video = video;
    this.#decoder = decoder;
    this.#onCode = onCode;
    this.#onEnd = onEnd;
    document.addEventListener("visibilitychange", () => this.#stayAwake());
    window.addEventListener("pagehide", () => this.stop());
  }

  get running() {
    return this.#stream !== null;
  }

  get hasLight() {
    return Boolean(this.#track?.getCapabilities?.().torch);
  }

  get #track() {
    return this.#stream?.getVideoTracks()[0];
  }

  // null when it runs, else why not: "denied", "none" or "busy". Call it from a press.
  async start() {
    try {
      this.#stream = await navigator.mediaDevices.getUserMedia(WISH);
      this.#track.addEventListener("ended", () => this.stop());
      this.#video.srcObject = this.#stream;
      await this.#video.play();
    } catch (error) {
      this.#release();
      return REASONS[error.name] ?? "busy";
    }
    await this.#stayAwake();
    this.#look(this.#stream);
    return null;
  }

  stop() {
    if (!this.#stream) return;
    this.#release();
    this.#onEnd();
  }

  async light(on) {
    await this.#track?.applyConstraints({ advanced: [{ torch: on }] }).catch(() => {});
  }

  #release() {
    for (const track of this.#stream?.getTracks() ?? []) track.stop();
    this.#stream = null;
    this.#video.srcObject = null;
    this.#lock?.release().catch(() => {});
    this.#lock = null;
  }

  async #stayAwake() {
    if (!this.#stream || document.hidden) return;
    this.#lock = (await navigator.wakeLock?.request("screen").catch(() => null)) ?? null;
  }

  // Looks at a frame, then asks for the next one; ends with its stream.
  async #look(stream) {
    if (stream !== this.#stream) return;
    const video = this.#video;
    if (video.readyState >= 2 && !document.hidden) {
      const frame = await square(video, video.videoWidth, video.videoHeight).catch(() => null);
      const text = frame && (await this.#decoder.decode(frame));
      if (stream !== this.#stream) return;
      if (text) this.#onCode(text);
    }
    if (video.requestVideoFrameCallback && !document.hidden) video.requestVideoFrameCallback(() => this.#look(stream));
    else setTimeout(() => this.#look(stream), 100);
  }
}
