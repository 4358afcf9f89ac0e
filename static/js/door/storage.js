// What the phone remembers between visits. Where the browser refuses storage, it lasts as long as the page.
const memory = new Map();

export const read = (key) => {
  if (memory.has(key)) return memory.get(key);
  try {
    return JSON.parse(localStorage.getItem(key));
  } catch {
    return null;
  }
};

export const write = (key, value) => {
  try {
    localStorage.setItem(key, JSON.stringify(value));
    memory.delete(key);
  } catch {
    memory.set(key, value);
  }
};

export const remove = (key) => {
  memory.delete(key);
  try {
    localStorage.removeItem(key);
  } catch {
    // nothing was stored
  }
};

export const keys = (prefix) => {
  const found = [...memory.keys()];
  try {
    found.push(...Object.keys(localStorage));
  } catch {
    // only what this page holds
  }
  return [...new Set(found)].filter((key) => key.startsWith(prefix));
};
