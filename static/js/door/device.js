// Talking to the server as this phone. The token is in a cookie that no script can read.
const PATIENCE = 8000;
const FLAG = "door.scanner"; // only a hint for pages that everybody opens: is it worth asking at all

const isOurs = ({ status, headers }) => (headers.get("Content-Type") ?? "").startsWith(status < 400 ? "application/json" : "application/problem+json");

// fetch that gives up: {status, body, asked, came, date, after}; status 0 when nothing of ours came in time (why: "timeout",
// "network", or "portal": the sign-in page of a Wi-Fi and the like, whatever its status; a proxy's own 5xx is the server's).
export const call = async (url, { body = null, patience = PATIENCE } = {}) => {
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), patience);
  const asked = Date.now();
  try {
    const response = await fetch(url, {
      method: body ? "POST" : "GET",
      headers: { Accept: "application/json", "Accept-Language": document.documentElement.lang, ...(body && { "Content-Type": "application/json" }) },
      body: body && JSON.stringify(body),
      signal: stop.signal,
      cache: "no-store",
    });
    const said = await response.json().catch(() => null);
    const { headers } = response;
    if (response.status < 500 && !isOurs(response)) return { status: 0, why: "portal", asked, came: Date.now() };
    return { status: response.status, body: said, asked, came: Date.now(), date: headers.get("Date"), after: Number(headers.get("Retry-After")) || 0 };
  } catch {
    return { status: 0, why: stop.signal.aborted ? "timeout" : "network", asked, came: Date.now() };
  } finally {
    clearTimeout(timer);
  }
};

// One at a time over all tabs where the browser can, else in this page.
const turns = new Map();
export const alone = (name, work) => {
  if (navigator.locks) return navigator.locks.request(`door-${name}`, work);
  const turn = (turns.get(name) ?? Promise.resolve()).then(work);
  turns.set(name, turn.catch(() => {}));
  return turn;
};

export const isScanner = () => {
  try {
    return localStorage.getItem(FLAG) !== null || localStorage.getItem("door.device") !== null;
  } catch {
    return false;
  }
};

export const flag = (on) => {
  try {
    if (on) localStorage.setItem(FLAG, "1");
    else localStorage.removeItem(FLAG);
  } catch {
    // the ticket page then offers nothing; the scanner itself does not need this
  }
};
