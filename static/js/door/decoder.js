// Frames in, codes out. The work is done in a worker, so that the picture never stutters.
const usable = typeof OffscreenCanvas !== "undefined";

// A centred square of the source, at most `side` pixels wide: what a code held in front of a phone fills.
export const square = async (source, width, height, side = 640) => {
  const edge = Math.min(width, height);
  return draw(source, [(width - edge) / 2, (height - edge) / 2, edge, edge], Math.min(1, side / edge));
};

// The whole picture, its longer edge at most `side` pixels.
export const whole = (source, width, height, side) =>
  draw(source, [0, 0, width, height], Math.min(1, side / Math.max(width, height)));

const draw = async (source, [x, y, width, height], scale) => {
  const size = [Math.max(1, Math.round(width * scale)), Math.max(1, Math.round(height * scale))];
  if (usable) return createImageBitmap(source, x, y, width, height, { resizeWidth: size[0], resizeHeight: size[1], resizeQuality: "medium" });
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = size;
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  pen.drawImage(source, x, y, width, height, 0, 0, ...size);
  return pen.getImageData(0, 0, ...size);
};

export class Decoder {
  #worker;
  #waiting = new Map();
  #count = 0;

  // `onBroken` is called once when neither decoder can run here.
  constructor(url, onBroken) {
    this.#worker = new Worker(url);
    this.#worker.addEventListener("message", ({ data }) => this.#answer(data));
    this.#worker.addEventListener("error", (event) => {
      event.preventDefault();
      for (const done of this.#waiting.values()) done([]);
      this.#waiting.clear();
      onBroken();
    });
  }

  // The codes in the picture, each {text, off}: how far it is from the middle. `thorough` tries both decoders (for photos).
  decode(image, thorough = false) {
    this.#count += 1;
    const id = this.#count;
    return new Promise((done) => {
      this.#waiting.set(id, done);
      this.#worker.postMessage({ id, image, thorough }, image instanceof ImageData ? [image.data.buffer] : [image]);
    });
  }

  #answer({ id, codes }) {
    this.#waiting.get(id)?.(codes);
    this.#waiting.delete(id);
  }
}
