// <guiche-chat>: the parts put together. `full` makes it the page; `theme="light"` or "dark" instead of the system's.
import { element } from "./dom.js";
import { Frame } from "./frame.js";
import { Log } from "./log.js";
import { browser, tab } from "./memory.js";
import { Options } from "./options.js";
import { Outgoing, sentence } from "./outgoing.js";
import { Session } from "./session.js";
import { Stream } from "./stream.js";
import { STRINGS } from "./strings.js";

// A constructed sheet needs no permission of the page's Content-Security-Policy, as a <style> would.
const sheet = new CSSStyleSheet();
sheet.replaceSync(await (await fetch(new URL("widget.css", import.meta.url), { credentials: "omit" })).text());

const SETTLED = 300;
const SAID = 4000;

class GuicheChat extends HTMLElement {
  #session = new Session();
  #stream;
  #outgoing;
  #log;
  #frame;
  #options;
  #wrapper;
  #typing = element("p", { id: "typing", role: "status" });
  #status = element("p", { id: "status", role: "status" });
  #box;
  #form;
  #answered = new Set(); // the citizen's messages that have their final answer
  #unread = 0;
  #renewing = false; // the browser may not have got its new cookie yet: one refusal says nothing
  #renewed = false; // the conversation was changed on purpose, here or in another window
  #settling;
  #saying;
  #gone;
  #windows;

  connectedCallback() {
    if (!this.#wrapper) this.#build();
    this.#gone = new AbortController();
    this.#listen(this.#gone.signal);
    if (this.#frame.full || this.#session.known) this.#stream.start();
    if (!this.#frame.full && tab.get("open")) this.#frame.open({ focus: false });
  }

  disconnectedCallback() {
    this.#gone.abort();
    this.#stream.stop();
    this.#windows?.close();
  }

  #build() {
    const full = this.hasAttribute("full");
    this.#wrapper = element("div", { class: full ? "guiche full" : "guiche", lang: "pt-BR" });
    this.#log = new Log((text, body) => this.#say(text, body), full ? "h2" : "h3");
    this.#stream = new Stream(this.#session, {
      opened: () => this.#opened(),
      connected: () => this.#connected(),
      event: (name, data, id) => this.#received(name, data, id),
      lost: (response) => this.#lost(response),
      hidden: () => this.#log.cover(),
    });
    this.#session.changed = () => this.#changed();
    this.#outgoing = new Outgoing(this.#session, {
      sending: (id) => {
        this.#log.state(id, STRINGS.sending);
        this.#box.focus();
      },
      stored: (id) => {
        this.#log.delivered(id);
        if (!this.#answered.has(id)) this.#showTyping(true); // the answer may be faster than the receipt
      },
      refused: (id, said) => this.#log.state(id, said),
      failed: (id, said, again) => this.#log.state(id, said, again),
    });
    this.#options = new Options(this.#wrapper, this.#log, { tell: (text) => this.#tell(text), begin: () => this.#begin() });
    const body = [this.#log.node, element("div", { class: "below" }, this.#log.more), this.#typing, this.#status, this.#makeForm()];
    this.#frame = new Frame(full, { options: this.#options, body }, (focus) => this.#shown(focus));
    const skip = element("a", { class: "skip", href: "#text", onclick: (event) => this.#skip(event) }, STRINGS.skip);
    this.#wrapper.append(...(full ? [skip] : []), ...this.#frame.nodes);
    const root = this.attachShadow({ mode: "open" });
    root.adoptedStyleSheets = [sheet];
    root.append(this.#wrapper);
  }

  #makeForm() {
    this.#box = element("textarea", { id: "text", rows: 1, autocomplete: "off", "aria-describedby": "hint" });
    this.#form = element(
      "form",
      { id: "form" },
      element("label", { for: "text" }, STRINGS.label),
      element("div", { class: "row" }, this.#box, element("button", { type: "submit", class: "primary" }, STRINGS.send)),
      element("p", { id: "hint" }, STRINGS.hint),
    );
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit();
      this.#box.focus();
    });
    this.#box.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      this.#submit();
    });
    this.#box.addEventListener("input", () => this.#grow());
    return this.#form;
  }

  #listen(signal) {
    const dark = matchMedia("(prefers-color-scheme: dark)");
    const paint = () => {
      const wanted = this.getAttribute("theme");
      this.#wrapper.classList.toggle("dark", wanted === "dark" || (wanted !== "light" && dark.matches));
    };
    dark.addEventListener("change", paint, { signal });
    paint();
    this.#frame.listen(signal);
    addEventListener("online", () => this.#back(), { signal });
    // A page that is left may be shown again as it was, long afterwards.
    addEventListener("pagehide", () => this.#log.cover(), { signal });
    addEventListener("pageshow", (event) => event.persisted && this.#back(true), { signal });
    document.addEventListener("freeze", () => this.#log.cover(), { signal });
    document.addEventListener("resume", () => this.#back(true), { signal });
    document.addEventListener(
      "visibilitychange",
      () => (document.hidden ? this.#stream.hide(this.#typing.textContent !== "" || this.#outgoing.busy) : this.#back()),
      { signal },
    );
    // Another window began a new conversation: this one goes with it.
    if (!globalThis.BroadcastChannel) return;
    this.#windows = new BroadcastChannel("guiche");
    this.#windows.onmessage = async ({ data }) => {
      await this.#session.settled();
      if (data.conversation === this.#session.conversation || !this.#stream.running) return;
      this.#renewed = true;
      this.#stream.start();
    };
  }

  /* ---------- receiving ---------- */

  #changed() {
    if (this.#log.messages.length > this.#outgoing.size && !this.#renewed) this.#log.say(STRINGS.expired);
    this.#renewed = false;
    this.#log.clear((id) => this.#outgoing.has(id));
    this.#answered.clear();
    this.#showTyping(false);
    browser.set("read", 0);
    this.#windows?.postMessage({ conversation: this.#session.conversation });
    this.#stream.reset();
  }

  #opened() {
    this.#renewed = false;
    for (const { id, shown } of this.#outgoing.restore()) {
      this.#log.citizen(id, shown);
      this.#log.state(id, STRINGS.sending);
    }
    this.#outgoing.flush();
  }

  #connected() {
    if (this.#status.className) this.#tell(STRINGS.online);
    this.#settle();
  }

  #received(name, data, id) {
    if (name === "status") this.#showTyping(data.typing === true);
    if (name === "erased") this.#log.erase(data);
    if (name === "session") this.#renew();
    if (name !== "message") return;
    if (data.from === "citizen") {
      this.#outgoing.arrived(data.id);
      this.#log.citizen(data.id, data.text, data.at, id, data.personal);
      this.#log.delivered(data.id);
    } else if (this.#log.assistant(data, id)) {
      this.#count(id);
    }
    if (data.final) {
      this.#answered.add(data.in_reply_to);
      this.#showTyping(false);
    }
    this.#settle();
  }

  // Somebody signed in: what this window has does not serve any more, and the browser has got what does.
  #renew() {
    this.#renewing = true;
    this.#stream.start();
  }

  #count(id) {
    if (this.#frame.isOpen) browser.set("read", id);
    else if (id > (browser.get("read") ?? 0)) this.#frame.unread(++this.#unread);
  }

  #settle() {
    clearTimeout(this.#settling);
    if (!this.#log.busy) return;
    this.#settling = setTimeout(() => (this.#log.busy = false), SETTLED);
  }

  #lost(response) {
    this.#showTyping(false);
    this.#trouble(this.#session.ready ? STRINGS.offline : STRINGS.startFailed, response);
  }

  // What the server says of it, where it said something; nothing to be alarmed at when a session merely ended.
  async #trouble(otherwise, response) {
    const early = response?.status === 409 && this.#renewing;
    this.#renewing = false;
    if (response?.status === 401 || early) return;
    this.#tell(response ? await sentence(response) : otherwise, true);
  }

  #back(slept) {
    this.#stream.wake(slept);
    this.#outgoing.hurry();
  }

  /* ---------- the person ---------- */

  #shown(focus) {
    this.#unread = 0;
    browser.set("read", Math.max(browser.get("read") ?? 0, this.#stream.last));
    if (!this.#stream.running) this.#stream.start();
    this.#log.reveal();
    if (!focus) return;
    // On a touch screen the box would bring the keyboard up over what there is to read.
    (matchMedia("(pointer: coarse)").matches ? this.#frame.heading : this.#box).focus();
  }

  #say(text, body) {
    const id = this.#outgoing.add(body ?? { text }, text);
    this.#log.say("");
    this.#log.citizen(id, text);
    this.#log.state(id, STRINGS.sending);
    this.#outgoing.flush();
  }

  #submit() {
    const text = this.#box.value.trim();
    if (!text) return;
    this.#box.value = "";
    this.#grow();
    this.#say(text);
  }

  #grow() {
    this.#box.style.height = "auto";
    this.#box.style.height = `${this.#box.scrollHeight + 4}px`;
  }

  async #begin() {
    this.#stream.stop();
    this.#renewed = true;
    this.#outgoing.clear();
    const opened = await this.#session.open({ fresh: true });
    if (opened.ok) {
      this.#log.say("");
      this.#tell("");
    } else {
      this.#trouble(STRINGS.offline, opened.response);
    }
    this.#stream.start();
    this.#box.focus();
  }

  #skip(event) {
    event.preventDefault();
    this.#box.focus();
  }

  #showTyping(now) {
    this.#typing.textContent = now ? STRINGS.typing : "";
  }

  #tell(text, bad = false) {
    clearTimeout(this.#saying);
    this.#status.textContent = text;
    this.#status.className = bad ? "bad" : "";
    if (text && !bad) this.#saying = setTimeout(() => this.#tell(""), SAID);
  }
}

if (!customElements.get("guiche-chat")) customElements.define("guiche-chat", GuicheChat);
