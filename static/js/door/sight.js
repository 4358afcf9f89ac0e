// Which of the codes in view is meant: ours, and of several the nearest to the middle. A poster, a menu or a badge beside
// the ticket says nothing about the guest: a code of others is only answered when several frames in a row show nothing
// else. What was answered is not answered again while it stays in view, nor within three seconds.
const FRAMES = 5;
const LONG = 1000; // milliseconds that those frames must cover, whatever the pace of the phone
const SAME = 3000;

// The text of the nearest of these codes ({text, off}) that passes; null when none does.
export const nearest = (codes, passes = () => true) => codes.filter(({ text }) => passes(text)).sort((one, other) => one.off - other.off)[0]?.text ?? null;

export class Sight {
  #isOurs;
  #answered = new Map(); // text -> when it was last in view
  #others = { frames: 0, since: 0, last: 0 };

  constructor(isOurs) {
    this.#isOurs = isOurs;
  }

  // What to answer after this frame; null for nothing.
  look(codes, now = performance.now()) {
    for (const { text } of codes) if (this.isAnswered(text, now)) this.#answered.set(text, now);
    const ours = nearest(codes, this.#isOurs);
    if (ours) this.waitAnew();
    const text = ours ?? this.#waited(codes, now);
    return text !== null && !this.isAnswered(text, now) ? text : null;
  }

  isAnswered = (text, now = performance.now()) => now - (this.#answered.get(text) ?? -Infinity) < SAME;

  answer(text, now = performance.now()) {
    for (const [old, at] of this.#answered) if (now - at >= SAME) this.#answered.delete(old);
    this.#answered.set(text, now);
  }

  // Codes of others that were in view while nobody could be told are waited for once more.
  waitAnew() {
    this.#others.frames = 0;
  }

  // The code of others that was waited for long enough. Blurred frames without any code neither count nor begin anew.
  #waited(codes, now) {
    if (!codes.length) return null;
    const others = this.#others;
    if (!others.frames || now - others.last > LONG) Object.assign(others, { frames: 0, since: now });
    Object.assign(others, { frames: others.frames + 1, last: now });
    return others.frames >= FRAMES && now - others.since >= LONG ? nearest(codes) : null;
  }
}
