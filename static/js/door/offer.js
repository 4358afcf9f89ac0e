// [data-scan-offer]: on a phone that is a scanner, the ticket page offers to check the ticket in.
import { Admit } from "./admit.js";
import { ask, remembered } from "./device.js";
import { hours } from "./lists.js";
import { unlock } from "./sound.js";
import { Verdict } from "./verdict.js";

const root = document.querySelector("[data-scan-offer]");
const part = (name) => root.querySelector(`[data-${name}]`);
const code = location.pathname.split("/").filter(Boolean).at(-1).toUpperCase();
const lists = part("list");

const offer = (device) => {
  const verdict = new Verdict(part("verdict"));
  const told = (what) => {
    root.hidden = what === "dead";
  };
  const admit = new Admit({ url: root.dataset.scans, verdict, log: null, told });
  admit.device = device;
  lists.replaceChildren(...device.lists.map((list) => new Option(list.name, list.slug)));
  const describe = () => {
    part("hours").textContent = hours(device.lists[lists.selectedIndex], device);
  };
  lists.addEventListener("change", describe);
  part("go").addEventListener("click", () => {
    unlock();
    if (!admit.busy) admit.submit({ list: lists.value, code });
  });
  describe();
  root.hidden = false;
};

// Only a phone that was made a scanner asks the server; every other reader of this page asks nothing.
if (root && remembered()) {
  const { state, device } = await ask(root.dataset.device);
  if (state === "ok" && device.lists.length) offer(device);
}
