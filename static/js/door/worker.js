// Classic worker, served by /door/worker.js with FILES (our own addresses of the decoders) in front and a CSP of its own.
// zxing reads most; qr reads what is shown on shimmering screens, and everything where WebAssembly is blocked.
const PATIENT_MISSES = 8;
const MOST = 8; // codes in one picture
let wasm = true;
let readQr = null;
let misses = 0;
let canvas = null;
let pen = null;

const loadQr = async () => {
  readQr ??= (await import(FILES.qr)).decodeQRBatch;
  return readQr;
};

const ready = (async () => {
  try {
    importScripts(FILES.zxing);
    await ZXingWASM.prepareZXingModule({ overrides: { locateFile: () => FILES.wasm }, fireImmediately: true });
  } catch {
    wasm = false;
    await loadQr();
  }
})();

const pixels = (image) => {
  if (image instanceof ImageData) return image;
  canvas ??= new OffscreenCanvas(1, 1);
  pen ??= canvas.getContext("2d", { willReadFrequently: true });
  canvas.width = image.width;
  canvas.height = image.height;
  pen.drawImage(image, 0, 0);
  image.close();
  return pen.getImageData(0, 0, canvas.width, canvas.height);
};

// How far the middle of these corners is from the middle of the picture, in parts of its shorter side.
const offCentre = (corners, { width, height }) => {
  const middle = (axis) => corners.reduce((sum, corner) => sum + corner[axis], 0) / corners.length;
  return Math.hypot(middle("x") - width / 2, middle("y") - height / 2) / Math.min(width, height);
};

const cornersOf = ({ topLeft, topRight, bottomRight, bottomLeft }) => [topLeft, topRight, bottomRight, bottomLeft];

const byZxing = async (picture) => {
  const found = await ZXingWASM.readBarcodes(picture, { formats: ["QRCode"], maxNumberOfSymbols: MOST });
  return found.filter(({ text }) => text).map(({ text, position }) => ({ text, off: offCentre(cornersOf(position), picture) }));
};

// It ends with an error where it finds no further code.
const byQr = async (picture) => {
  const found = [];
  const add = ({ bounds }, text) => typeof text === "string" && found.push({ text, off: offCentre(bounds, picture) });
  await (await loadQr())([picture], { maxSize: { width: picture.width, height: picture.height }, pointsOnDetect: add });
  return found;
};

// After eight misses in a row every second frame goes to the other decoder.
const decode = async (picture, thorough) => {
  if (!wasm) return byQr(picture);
  if (thorough) return [...(await byZxing(picture)), ...(await byQr(picture))];
  return misses >= PATIENT_MISSES && misses % 2 === 0 ? byQr(picture) : byZxing(picture);
};

self.addEventListener("message", async ({ data: { id, image, thorough } }) => {
  let codes = [];
  await ready;
  try {
    codes = await decode(pixels(image), thorough);
  } catch {
    codes = []; // a broken frame
  }
  misses = codes.length ? 0 : misses + 1;
  self.postMessage({ id, codes });
});
