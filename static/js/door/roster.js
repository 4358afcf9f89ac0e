// The offline list: hashes of codes, and notes that only the code itself opens. Kept up to date by deltas.
// Without crypto.subtle (plain http) there is none, and an unknown code can only be put to a supervisor.
import { call } from "./device.js";

const encoder = new TextEncoder();
const PAGES = 200; // of the server's choosing; an end for a server that never says "no more"
const place = (slug) => `list:${slug}`;
const REPLACED = { state: "replaced", inside: 0, gone: 0, note: null };

const toBytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (char) => char.charCodeAt(0));
const toText = (bytes) => btoa(String.fromCharCode(...bytes)).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

export const possible = () => Boolean(globalThis.crypto?.subtle);

// What stands for a code in the list: SHA-256(salt + code), its first 16 bytes.
export const hashOf = async (code, salt) => {
  const [salted, plain] = [toBytes(salt), encoder.encode(code)];
  const joined = new Uint8Array(salted.length + plain.length);
  joined.set(salted);
  joined.set(plain, salted.length);
  return toText(new Uint8Array(await crypto.subtle.digest("SHA-256", joined)).subarray(0, 16));
};

// The note of a ticket, opened with the code that was held in front of the camera; null when it does not open.
export const openNote = async (note, code, salt) => {
  try {
    const secret = await crypto.subtle.importKey("raw", encoder.encode(code), "HKDF", false, ["deriveKey"]);
    const how = { name: "HKDF", hash: "SHA-256", salt: toBytes(salt), info: encoder.encode("door note") };
    const key = await crypto.subtle.deriveKey(how, secret, { name: "AES-GCM", length: 256 }, false, ["decrypt"]);
    const bytes = toBytes(note);
    const plain = await crypto.subtle.decrypt({ name: "AES-GCM", iv: bytes.subarray(0, 12) }, key, bytes.subarray(12));
    return JSON.parse(new TextDecoder().decode(plain));
  } catch {
    return null;
  }
};

export class Roster {
  #store;
  #url;

  // `url`: the address of the lists, `/api/v1/lists`.
  constructor(store, url) {
    this.#store = store;
    this.#url = url;
  }

  // {salt, cursor, asked, at} of a list; undefined before its first sync.
  about = (slug) => this.#store.read(["meta"], (t) => t.get("meta", place(slug)));

  size = (slug) => this.#store.read(["roster"], (t) => t.count("roster", { from: `${slug}/`, to: `${slug}0` }));

  // The hash of a code at a list; null where it cannot be told.
  async hash(slug, code) {
    const about = possible() && code?.length === 26 ? await this.about(slug) : null;
    return about ? hashOf(code, about.salt) : null;
  }

  // {state, inside, gone, note} of a listed code, also of one that was replaced; null for others.
  async find(slug, hash, code) {
    const [row, old] = await this.#store.read(["roster"], async (t) => [await t.get("roster", `${slug}/${hash}`), await t.get("roster", `${slug}|${hash}`)]);
    if (!row) return old ? REPLACED : null;
    const [state, note, inside, gone] = row;
    return { state, inside, gone, note: note ? await openNote(note, code, (await this.about(slug)).salt) : null };
  }

  // Asks for what changed since the last time, page by page. The answer of `call` that ended it.
  async sync(slug, patience) {
    let about = await this.about(slug);
    let began = null;
    for (let page = 0; page < PAGES; page += 1) {
      const since = about?.cursor ? `?since=${encodeURIComponent(about.cursor)}` : "";
      const answer = await call(`${this.#url}/${slug}/tickets${since}`, { patience });
      if (answer.status !== 200 || !answer.body?.cursor) return answer;
      began ??= answer.asked;
      about = await this.#keep(slug, answer.body, about, began);
      if (!answer.body.more) return answer;
    }
    return { status: 0, why: "server" };
  }

  // `asked` is when this sync began: scans answered later may be missing in it. It counts once the last page is here.
  async #keep(slug, { salt, cursor, full, more, removed = [], tickets }, before, began) {
    const whole = more ? { asked: before?.asked ?? 0, at: full ? null : (before?.at ?? null) } : { asked: began, at: new Date(began).toISOString() };
    const about = { salt, cursor, ...whole };
    await this.#store.write(["roster", "meta"], async (t) => {
      if (full) await t.clear("roster", `${slug}/`, `${slug}0`);
      if (full) await t.clear("roster", `${slug}|`, `${slug}}`);
      for (const hash of removed) {
        t.delete("roster", `${slug}/${hash}`);
        t.put("roster", `${slug}|${hash}`, true);
      }
      for (const [hash, ...row] of tickets) t.put("roster", `${slug}/${hash}`, row);
      await t.put("meta", place(slug), about);
    });
    return about;
  }

  // Nothing of any list stays (another event, or this phone is no scanner any more).
  forget = () =>
    this.#store.write(["roster", "meta"], async (t) => {
      await t.clear("roster");
      await t.clear("meta", "list:", "list;");
    });
}
