// Whether this phone is a scanner, and for what. The token itself is in a cookie no script can read; remembered here
// is only what the server said of the phone, so that a page of somebody else's phone asks nothing.
import { read, remove, write } from "./storage.js";

const KEY = "door.device";
const PATIENCE = 8000;

export const remembered = () => read(KEY);
export const remember = (device) => write(KEY, device);
export const forget = () => remove(KEY);

// fetch that gives up: {status, body}; status 0 when nothing came in time (why: "timeout" or "network").
export const call = async (url, { body = null, patience = PATIENCE } = {}) => {
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), patience);
  try {
    const response = await fetch(url, {
      method: body ? "POST" : "GET",
      headers: { Accept: "application/json", "Accept-Language": document.documentElement.lang, ...(body && { "Content-Type": "application/json" }) },
      body: body && JSON.stringify(body),
      signal: stop.signal,
      cache: "no-store",
    });
    const said = await response.json().catch(() => null);
    return { status: response.status, body: said };
  } catch {
    return { status: 0, why: stop.signal.aborted ? "timeout" : "network" };
  } finally {
    clearTimeout(timer);
  }
};

// Asks the server: "ok", "dead" (set up once, not any more, or never) or the reason why nobody answered.
export const ask = async (url) => {
  const { status, body, why } = await call(url);
  if (status === 200 && body?.device) {
    remember(body.device);
    return { state: "ok", device: body.device };
  }
  if (status === 401) {
    forget();
    return { state: "dead" };
  }
  return { state: status ? "server" : why };
};
