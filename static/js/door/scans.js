// Scans on their way: each is written to the phone before it is sent, and stays until the server names it in an answer.
// The same id is sent again however often that takes, so nothing is lost and nothing counts twice.
import { newId } from "./codes.js";
import { call } from "./device.js";
import { keys, read, remove, write } from "./storage.js";

const PREFIX = "door.scan.";
const SEQ = "door.seq";
const PATIENCE = 2500;
const BATCH = 50;

// A new attempt for `event`, already kept. `fields`: list, and code or undoes; direction, count, reason where they matter.
export const make = (event, fields) => {
  const seq = (read(SEQ) ?? 0) + 1;
  write(SEQ, seq);
  const scan = { id: newId(), seq, direction: "entry", count: 1, at: new Date().toISOString(), mode: "online", local: null, ...fields };
  write(PREFIX + scan.id, { event, scan });
  return scan;
};

// The event's scans without an answer, oldest first; of every event when none is named.
export const unanswered = (event) =>
  keys(PREFIX)
    .map(read)
    .filter((kept) => kept && (!event || kept.event === event))
    .map((kept) => kept.scan)
    .sort((one, other) => one.seq - other.seq);

// Sends at most 50. {results: Map by id}, else {why: "timeout" | "network" | "server" | "dead"} and everything stays kept.
export const send = async (url, scans) => {
  const body = { sent_at: new Date().toISOString(), scans: scans.slice(0, BATCH) };
  const answer = await call(url, { body, patience: PATIENCE });
  if (answer.status === 401) return { why: "dead" };
  if (answer.status !== 200 || !Array.isArray(answer.body?.results)) return { why: answer.why ?? "server" };
  const results = new Map(answer.body.results.map((result) => [result.id, result]));
  for (const id of results.keys()) remove(PREFIX + id);
  return { results };
};
