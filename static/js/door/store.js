// What the phone keeps: one small IndexedDB, written through to the disk before anything is sent. Where the browser
// refuses it, or the disk is full, everything goes on in memory, and `persisted` says so.
//   scans   by id: attempts that were not delivered (`queue` is their place) or that no sync has covered yet, and the last 50
//   clicks  by id: plus and minus that were not delivered
//   roster  by "list/hash": [state, note, inside, gone] as the server sent it; by "list|hash": a code that was replaced
//   meta    device, state, seq, offset, and per list "list:<slug>": salt, cursor, when it was asked for
const NAME = "door";
const STORES = { scans: ["queue", "seq", "mark", "refused"], clicks: ["queue"], roster: [], meta: [] };

const settled = (request) =>
  new Promise((done, fail) => {
    request.onsuccess = () => done(request.result);
    request.onerror = () => fail(request.error);
  });

const open = () => {
  const request = indexedDB.open(NAME, 1);
  request.onupgradeneeded = () => {
    for (const [name, fields] of Object.entries(STORES)) {
      const made = request.result.createObjectStore(name);
      for (const field of fields) made.createIndex(field, field);
    }
  };
  return settled(request);
};

const range = (from, to) => (from === undefined ? null : IDBKeyRange.bound(from, to, false, true));

// One transaction on the disk. Await nothing in it but its own methods.
class Disk {
  #tx;

  constructor(tx) {
    this.#tx = tx;
  }

  #from(name, index) {
    const store = this.#tx.objectStore(name);
    return index ? store.index(index) : store;
  }

  get = (name, key) => settled(this.#from(name).get(key));
  put = (name, key, value) => settled(this.#from(name).put(value, key));
  delete = (name, key) => settled(this.#from(name).delete(key));
  clear = (name, from, to) => settled(from === undefined ? this.#from(name).clear() : this.#from(name).delete(range(from, to)));
  count = (name, { index, from, to } = {}) => settled(this.#from(name, index).count(range(from, to)));
  all = (name, { index, from, to, limit } = {}) => settled(this.#from(name, index).getAll(range(from, to), limit));

  // The last ones by an index, newest first.
  last = (name, { index, limit }) =>
    new Promise((done, fail) => {
      const found = [];
      const request = this.#from(name, index).openCursor(null, "prev");
      request.onerror = () => fail(request.error);
      request.onsuccess = () => {
        const cursor = request.result;
        if (!cursor || found.length === limit) return done(found);
        found.push(cursor.value);
        return cursor.continue();
      };
    });
}

// The same in memory. Copies go in and out, as on the disk.
class Memory {
  #tables = Object.fromEntries(Object.keys(STORES).map((name) => [name, new Map()]));

  #pick(name, { index, from, to } = {}) {
    const rows = [...this.#tables[name]].map(([key, value]) => [index ? value[index] : key, value]);
    const wanted = rows.filter(([key]) => key !== undefined && (from === undefined || (key >= from && key < to)));
    return wanted.sort(([one], [other]) => (one < other ? -1 : 1)).map(([, value]) => structuredClone(value));
  }

  get = async (name, key) => structuredClone(this.#tables[name].get(key));
  put = async (name, key, value) => void this.#tables[name].set(key, structuredClone(value));
  delete = async (name, key) => void this.#tables[name].delete(key);
  count = async (name, where) => this.#pick(name, where).length;
  all = async (name, { limit, ...where } = {}) => this.#pick(name, where).slice(0, limit);
  last = async (name, { limit, ...where }) => this.#pick(name, where).reverse().slice(0, limit);

  clear = async (name, from, to) => {
    for (const key of this.#tables[name].keys()) if (from === undefined || (key >= from && key < to)) this.#tables[name].delete(key);
  };
}

export class Store {
  #db = null;
  #memory = null;
  #turn = Promise.resolve();

  // Whether what is kept survives the page.
  get persisted() {
    return this.#memory === null;
  }

  static async open() {
    const store = new Store();
    await store.read(["meta"], (t) => t.get("meta", "device")).catch(() => store.#fall());
    return store;
  }

  read = (names, work) => this.#run(names, "readonly", work);

  // One transaction: all of it or nothing, on the disk when the promise is kept.
  write = (names, work) => this.#run(names, "readwrite", work);

  async #run(names, mode, work) {
    if (this.#memory) return this.#inTurn(work);
    try {
      return await this.#onDisk(names, mode, work);
    } catch {
      this.#db = null; // some browsers close a database behind a sleeping page
    }
    try {
      return await this.#onDisk(names, mode, work);
    } catch {
      await this.#fall();
      return this.#inTurn(work);
    }
  }

  async #onDisk(names, mode, work) {
    this.#db ??= open().then((db) => {
      db.onclose = () => (this.#db = null);
      db.onversionchange = () => (db.close(), (this.#db = null));
      return db;
    });
    const tx = (await this.#db).transaction(names, mode, { durability: "strict" });
    const ended = new Promise((done, fail) => {
      tx.oncomplete = done;
      tx.onabort = () => fail(tx.error);
    });
    ended.catch(() => {});
    const result = await work(new Disk(tx));
    await ended;
    return result;
  }

  #inTurn(work) {
    const turn = this.#turn.then(() => work(this.#memory));
    this.#turn = turn.catch(() => {});
    return turn;
  }

  // Goes on in memory with whatever can still be read.
  async #fall() {
    const memory = new Memory();
    const copy = async (name) => {
      const db = await open();
      const [keys, values] = await Promise.all([settled(db.transaction(name).objectStore(name).getAllKeys()), settled(db.transaction(name).objectStore(name).getAll())]);
      for (const [at, key] of keys.entries()) await memory.put(name, key, values[at]);
      db.close();
    };
    for (const name of Object.keys(STORES)) await copy(name).catch(() => {});
    this.#memory ??= memory;
  }
}

// What the first version kept in localStorage moves in, once; the old copies go when the new ones are on the disk.
export const moveIn = async (store) => {
  const found = [];
  try {
    for (const key of Object.keys(localStorage)) if (/^door\.(scan\.|seq$|device$)/.test(key)) found.push([key, JSON.parse(localStorage.getItem(key))]);
  } catch {
    return;
  }
  if (!found.length) return;
  const old = new Map(found);
  await store.write(["scans", "meta"], async (t) => {
    await t.put("meta", "seq", Math.max(old.get("door.seq") ?? 0, (await t.get("meta", "seq")) ?? 0));
    if (old.get("door.device") && !(await t.get("meta", "device"))) await t.put("meta", "device", old.get("door.device"));
    for (const [key, kept] of old) if (key.startsWith("door.scan.") && kept?.scan) await t.put("scans", kept.scan.id, { ...kept.scan, event: kept.event, queue: kept.scan.seq });
  });
  for (const key of old.keys()) localStorage.removeItem(key);
};
