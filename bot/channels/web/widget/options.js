// The header's "Opções": text size, print, save, and a new conversation, which asks first.
import { button, element } from "./dom.js";
import { browser } from "./memory.js";
import { STRINGS } from "./strings.js";
import { print, save } from "./transcript.js";

const SIZES = [1, 1.15, 1.3, 1.5, 1.75, 2];

export class Options {
  #wrapper;
  #log;
  #tell;
  #begin;
  #size = SIZES.includes(browser.get("size")) ? browser.get("size") : 1;

  // tell(text) says something in passing; begin() starts a new conversation.
  constructor(wrapper, log, { tell, begin }) {
    this.#wrapper = wrapper;
    this.#log = log;
    this.#tell = tell;
    this.#begin = begin;
    this.toggle = button(
      { class: "quiet", "aria-expanded": "false", "aria-controls": "options", onclick: () => this.set(!this.open) },
      STRINGS.options,
    );
    this.#smaller = button({ class: "size", onclick: () => this.#resize(-1) }, "A−", unseen(STRINGS.smaller));
    this.#larger = button({ class: "size", onclick: () => this.#resize(1) }, "A+", unseen(STRINGS.larger));
    this.#ask = element(
      "div",
      { class: "ask", role: "group", "aria-labelledby": "ask", hidden: true },
      element("p", { id: "ask" }, STRINGS.newAsk),
      button({ class: "primary", onclick: () => this.#sure() }, STRINGS.newYes),
      button({ onclick: () => this.#wonder(false) }, STRINGS.newNo),
    );
    this.#fresh = button({ onclick: () => this.#wonder(true) }, STRINGS.newConversation);
    this.#ofMessages = [
      button({ onclick: () => print(this.#wrapper, this.#log.messages) }, STRINGS.print),
      button({ onclick: () => this.#save() }, STRINGS.save),
      this.#fresh,
    ];
    this.node = element(
      "div",
      { id: "options", class: "options", hidden: true },
      element(
        "div",
        { class: "sizes", role: "group", "aria-labelledby": "sizes" },
        element("span", { id: "sizes" }, STRINGS.textSize),
        this.#smaller,
        this.#larger,
      ),
      ...this.#ofMessages,
      this.#ask,
    );
    this.#resize(0);
  }

  #smaller;
  #larger;
  #ask;
  #fresh;
  #ofMessages;

  get open() {
    return !this.node.hidden;
  }

  set(open) {
    this.node.hidden = !open;
    this.toggle.setAttribute("aria-expanded", String(open));
    this.#ask.hidden = true;
    for (const node of this.#ofMessages) node.hidden = this.#log.empty;
  }

  close() {
    this.set(false);
    this.toggle.focus();
  }

  #wonder(asking) {
    this.#ask.hidden = !asking;
    this.#fresh.hidden = asking;
    (asking ? this.#ask.querySelector("button") : this.#fresh).focus();
  }

  #sure() {
    this.set(false);
    this.#begin();
  }

  #save() {
    save(this.#log.messages);
    this.#tell(STRINGS.saved);
  }

  #resize(step) {
    const index = Math.min(Math.max(SIZES.indexOf(this.#size) + step, 0), SIZES.length - 1);
    this.#size = SIZES[index];
    this.#wrapper.style.setProperty("--size", this.#size);
    this.#smaller.setAttribute("aria-disabled", String(index === 0));
    this.#larger.setAttribute("aria-disabled", String(index === SIZES.length - 1));
    if (!step) return;
    browser.set("size", this.#size);
    this.#tell(STRINGS.sizeNow(Math.round(this.#size * 100)));
    this.#log.reveal();
  }
}

const unseen = (text) => element("span", { class: "unseen" }, ` ${text}`);
