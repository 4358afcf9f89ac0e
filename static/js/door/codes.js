// Reads what was scanned or typed, by the rules of app/registration/codes.py; both run tests/data/code_cases.json.
const ALIKE = { O: "0", I: "1", L: "1" };
const ADDRESS = /^https?:\/\/([^/?#@\s]{1,60})\/t\/([0-9a-z]{26})$/i;
const MAX_SCANNED = 64;

const tidy = (text) => text.replace(/^[ \t\n\v\f\r]+|[ \t\n\v\f\r]+$/g, "");
const readable = (text) => text.length <= MAX_SCANNED && /^\p{ASCII}*$/u.test(text);

const symbols = (text, length) => {
  const plain = tidy(text.replace(/[- ]/g, ""))
    .toUpperCase()
    .replace(/[OIL]/g, (letter) => ALIKE[letter]);
  return plain.length === length && /^[0-9A-HJKMNP-TV-Z]+$/.test(plain) ? plain : null;
};

// The 26 characters of a ticket from our own hosts' /T/ address or from the bare code; else null. Opens nothing.
export const readCode = (text, hosts) => {
  if (!readable(text)) return null;
  const address = ADDRESS.exec(tidy(text));
  if (!address) return symbols(text, 26);
  return hosts.some((host) => host.toLowerCase() === address[1].toLowerCase()) ? symbols(address[2], 26) : null;
};

// The 8 characters printed below the code, as typed by a person; else null.
export const readReference = (text) => (readable(text) ? symbols(text, 8) : null);

// A random UUID; over plain http there is no crypto.randomUUID.
export const newId = () => {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
};
