// The phone's rear camera: one frame in flight, light where there is one, awake while it runs.
import { square } from "./decoder.js";
import { chosenCamera } from "./lens.js";

const wish = (deviceId) => ({
  audio: false,
  video: { facingMode: { ideal: "environment" }, width: { ideal: 1280 }, height: { ideal: 720 }, ...(deviceId && { deviceId: { ideal: deviceId } }) },
});
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
  #onFrame;
  #onEnd;
  #stream = null;
  #lock = null;

  // `onFrame(codes)` gets what the decoder found in each frame, `onEnd()` is told when the picture ends by itself.
  constructor(video, decoder, { onFrame, onEnd }) {
    this.#video = video;
    this.#decoder = decoder;
    this.#onFrame = onFrame;
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

  get deviceId() {
    return this.#track?.getSettings?.().deviceId;
  }

  get #track() {
    return this.#stream?.getVideoTracks()[0];
  }

  // null when it runs, else why not: "denied", "none" or "busy". Call it from a press.
  async start() {
    try {
      this.#stream = await navigator.mediaDevices.getUserMedia(wish(chosenCamera()));
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

  // With the camera that was chosen meanwhile; phones hand out one at a time.
  restart() {
    this.#release();
    return this.start();
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
      const codes = frame ? await this.#decoder.decode(frame) : [];
      if (stream !== this.#stream) return;
      this.#onFrame(codes);
    }
    if (video.requestVideoFrameCallback && !document.hidden) video.requestVideoFrameCallback(() => this.#look(stream));
    else setTimeout(() => this.#look(stream), 100);
  }
}
