// The sentences of /door/lines.json in nine languages: what the phone says when it judges alone.
import { call } from "./device.js";

export class OfflineMessages {
  #all = {};
  #lang;

  constructor(lang) {
    this.#lang = lang;
  }

  async load(url) {
    const { status, body } = await call(url);
    if (status === 200 && body) this.#all = body;
  }

  guestLanguage = (lang) => (lang && lang in this.#all ? lang : this.#lang);
  volunteer = (result) => this.#all[this.#lang]?.volunteer[result] ?? "";
  guest = (result, lang) => this.#all[this.guestLanguage(lang)]?.guest[result] ?? "";
  warning = (name) => this.#all[this.#lang]?.warnings[name] ?? "";
}
