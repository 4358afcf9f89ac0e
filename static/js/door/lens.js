// Which rear camera: some phones hand out an ultra-wide one, which cannot focus on a ticket. Offered only where there are
// several; the choice stays on the phone.
import { keep, pref } from "./prefs.js";
import { say } from "./messages.js";

const CHOICE = "camera";
const FRONT = /front|user|selfie|face ?time/i;

export const chosenCamera = () => pref(CHOICE);

const facing = (camera) => camera.getCapabilities?.().facingMode ?? [];

// The phone's cameras that do not look at whoever holds it.
const rearCameras = async () => {
  const all = (await navigator.mediaDevices.enumerateDevices().catch(() => [])).filter(({ kind, deviceId }) => kind === "videoinput" && deviceId);
  return all.filter((camera) => (facing(camera).length ? facing(camera).includes("environment") : !FRONT.test(camera.label)));
};

export class Lens {
  #select;
  #camera;

  // `select`: the menu of cameras, in a label; `camera`: the one that is to be switched; `switched(trouble)` as of its start.
  constructor(select, camera, switched) {
    this.#select = select;
    this.#camera = camera;
    select.addEventListener("change", async () => {
      keep(CHOICE, select.value);
      switched(await camera.restart());
    });
  }

  // Once the camera runs: before, browsers tell nothing of the others.
  async draw() {
    const rear = await rearCameras();
    this.#select.closest("label").hidden = rear.length < 2;
    this.#select.replaceChildren(...rear.map(({ deviceId }, at) => new Option(say("camera_number", { number: at + 1 }), deviceId)));
    this.#select.value = this.#camera.deviceId ?? "";
  }

  hide() {
    this.#select.closest("label").hidden = true;
  }
}
