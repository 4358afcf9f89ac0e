// The numbers that the screen always shows, read from the store.
export const BLANK = {
  online: true, unsent: 0, clicksUnsent: 0, refused: 0, rosterSize: 0, rosterAt: null, rosterReady: false, rosterAsked: false, rosters: {}, offset: 0,
  persisted: true, oldestUnsent: null, updateReady: false,
};

// How many scans the server will never take and nobody has saved to a file.
const unsaved = async (store, outbox) => {
  const exported = new Set((await store.read(["meta"], (t) => t.get("meta", "exported"))) ?? []);
  return (await outbox.refused()).filter(({ id }) => !exported.has(id)).length;
};

// Size and age of each list; together they are as old as the oldest, and ready when all are here.
const aboutLists = async (roster, lists) => {
  const rosters = {};
  for (const { slug } of lists) rosters[slug] = { size: await roster.size(slug), at: (await roster.about(slug))?.at ?? null };
  const all = Object.values(rosters);
  const rosterReady = all.length > 0 && all.every(({ at }) => at);
  return { rosters, rosterReady, rosterSize: Math.max(0, ...all.map(({ size }) => size)), rosterAt: rosterReady ? all.map(({ at }) => at).sort()[0] : null };
};

export const takeSnapshot = async ({ store, outbox, clicks, roster, clock, installed }, device) => {
  const [[oldest], unsent, refused, clicksUnsent, lists] = await Promise.all([
    outbox.waiting(1), outbox.count("queue"), unsaved(store, outbox), clicks.count(), aboutLists(roster, device?.lists ?? []),
  ]);
  const updateReady = installed.waits && unsent + clicksUnsent === 0;
  return { ...lists, unsent, refused, clicksUnsent, updateReady, offset: clock.offset, persisted: store.persisted, oldestUnsent: oldest?.at ?? null };
};
