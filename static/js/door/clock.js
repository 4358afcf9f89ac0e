// The server's clock as this phone knows it: how far the phone is off, kept from one visit to the next.
const HALF_SECOND = 500; // the server says whole seconds

export class Clock {
  offset = 0; // milliseconds, server minus phone
  heard = false;

  now() {
    return new Date(Date.now() + this.offset);
  }

  // `at` as the phone's clock said it, set right.
  right(at) {
    return new Date(Date.parse(at) + this.offset);
  }

  // The server's "now" (else its Date header) in an answer that was asked for and came at these moments of ours.
  hear(said, asked, came) {
    const moment = Date.parse(said ?? "");
    if (Number.isNaN(moment)) return;
    const offset = moment + HALF_SECOND - (asked + came) / 2;
    if (this.heard && Math.abs(offset - this.offset) < 2 * HALF_SECOND) return; // within what whole seconds can tell
    this.offset = Math.round(offset);
    this.heard = true;
  }
}
