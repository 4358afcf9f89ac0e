// Times at the door, always those of the event's place.
import { say } from "./words.js";

const page = () => document.documentElement.lang.replace(/^en$/, "en-GB");
const day = (moment, timeZone) => new Intl.DateTimeFormat("en-CA", { timeZone, dateStyle: "short" }).format(moment);

// 18:04, with the day where it is not today's.
export const clock = (at, device) => {
  const timeZone = device?.event.timezone;
  const moment = new Date(at);
  const other = day(moment, timeZone) !== day(new Date(), timeZone) && { weekday: "short", day: "numeric", month: "short" };
  return new Intl.DateTimeFormat(page(), { timeZone, hour: "2-digit", minute: "2-digit", ...other }).format(moment);
};

// One line on whether the list admits now.
export const hours = ({ opens_at: opens, closes_at: closes }, device) => {
  const now = Date.now();
  if (opens && now < Date.parse(opens)) return say("list_opens", { time: clock(opens, device) });
  if (closes && now >= Date.parse(closes)) return say("list_closed", { time: clock(closes, device) });
  return closes ? say("list_until", { time: clock(closes, device) }) : "";
};
