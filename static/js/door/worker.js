// Classic worker, served by /door/worker.js with FILES (our own addresses of the decoders) in front and a CSP of its own.
// zxing reads most; qr reads what is shown on shimmering screens, and everything where WebAssembly is blocked.
const PATIENT_MISSES = 8;
let wasm = true;
let readQr = null;
let misses = 0;
let canvas = null;
let pen = null;

const loadQr = async () => {
  readQr ??= (await import(FILES.qr)).decodeQR;
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

const byZxing = async (picture) => {
  const options = { formats: ["QRCode"], maxNumberOfSymbols: 1 };
  return (await ZXingWASM.readBarcodes(picture, options))[0]?.text || null;
};

const byQr = async (picture) => {
  try {
    return (await loadQr())(picture) || null;
  } catch {
    return null; // qr throws where it finds no code
  }
};

// After eight misses in a row every second frame goes to the other decoder.
const decode = async (picture, thorough) => {
  if (!wasm) return byQr(picture);
  if (thorough) return (await byZxing(picture)) ?? byQr(picture);
  return misses >= PATIENT_MISSES && misses % 2 === 0 ? byQr(picture) : byZxing(picture);
};

self.addEventListener("message", async ({ data: { id, image, thorough } }) => {
  let text = null;
  await ready;
  try {
    text = await decode(pixels(image), thorough);
  } catch {
    text = null; // a broken frame
  }
  misses = text ? 0 : misses + 1;
  self.postMessage({ id, text });
});
