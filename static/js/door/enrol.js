// [data-enrol]: trades the one-time token behind the # for this phone's own token. The token is in no log: only the
// press of the button sends it, in the body of a POST.
import { call, remember, remembered } from "./device.js";
import { unanswered } from "./scans.js";
import { say } from "./words.js";

const root = document.querySelector("[data-enrol]");
const button = root.querySelector("[data-enrol-go]");
const said = root.querySelector("[data-enrol-said]");
const already = root.querySelector("[data-enrol-already]");
const token = () => decodeURIComponent(location.hash.slice(1));

const tell = (name) => {
  said.textContent = say(name);
  said.hidden = false;
};

const enrol = async () => {
  said.hidden = true;
  button.disabled = true;
  const { status, body, why } = await call(root.dataset.enrolments, { body: { token: token(), language: document.documentElement.lang } });
  button.disabled = false;
  if (body?.device) {
    remember(body.device);
    location.replace(root.dataset.next);
    return;
  }
  if (why) tell("enrol_silent");
  else tell(status >= 500 ? "enrol_server" : "enrol_refused");
};

const device = remembered();
if (device) {
  already.querySelector("[data-enrol-who]").textContent = say("enrol_already", { name: device.name, event: device.event.title });
  already.hidden = false;
}
button.addEventListener("click", enrol);
if (!token()) {
  button.hidden = true;
  tell("enrol_missing");
} else if (device && unanswered(device.event.slug).length) {
  button.hidden = true;
  tell("enrol_unsent");
}
document.querySelector("[data-needs-script]").remove();
root.hidden = false;
