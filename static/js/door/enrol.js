// [data-enrol]: trades the one-time token behind the # for this phone's own token. The token is in no log: only the
// press of the button sends it, in the body of a POST.
import { call } from "./device.js";
import { openEngine } from "./engine.js";
import { say } from "./messages.js";

const root = document.querySelector("[data-enrol]");
const button = root.querySelector("[data-enrol-go]");
const said = root.querySelector("[data-enrol-said]");
const already = root.querySelector("[data-enrol-already]");
const token = () => decodeURIComponent(location.hash.slice(1));
const engine = await openEngine({ urls: { ...root.dataset } });

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
    await engine.become(body.device);
    location.replace(root.dataset.next);
    return;
  }
  if (why) tell("enrol_silent");
  else tell(status >= 500 ? "enrol_server" : "enrol_refused");
};

if (engine.device) {
  already.querySelector("[data-enrol-who]").textContent = say("enrol_already", { name: engine.device.name, event: engine.device.event.title });
  already.hidden = engine.state !== "ok";
}
button.addEventListener("click", enrol);
if (!token()) {
  button.hidden = true;
  tell("enrol_missing");
} else if (engine.state === "ok" && engine.status.unsent + engine.status.clicksUnsent) {
  button.hidden = true;
  tell("enrol_unsent");
}
document.querySelector("[data-needs-script]").remove();
root.hidden = false;
