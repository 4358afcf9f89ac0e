// Small choices of this phone that nobody else needs: the chosen list, the sound, today's clicks. Scans are never here.
const PREFIX = "door.pref.";
const memory = new Map(); // where the browser refuses storage, they last as long as the page

export const pref = (name, fallback = null) => {
  if (memory.has(name)) return memory.get(name);
  try {
    return JSON.parse(localStorage.getItem(PREFIX + name)) ?? fallback;
  } catch {
    return fallback;
  }
};

export const keep = (name, value) => {
  try {
    localStorage.setItem(PREFIX + name, JSON.stringify(value));
    memory.delete(name);
  } catch {
    memory.set(name, value);
  }
};
