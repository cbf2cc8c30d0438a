// The conversation on the screen: each message once, in the order of the server, what is not sent yet at the end.
import { button, element } from "./dom.js";
import { fragment, link } from "./markup.js";
import { HOME } from "./session.js";
import { STRINGS } from "./strings.js";

export class Log {
  #shown = new Map(); // key of a message -> its element
  #order = new WeakMap(); // element -> event id
  #say;

  // `heading`: the level that follows the panel's own title.
  constructor(say, heading) {
    this.#say = say;
    const examples = STRINGS.examples.map((text) => this.#choice({ title: text }, { text }));
    this.welcome = element(
      "section",
      { id: "welcome", "aria-labelledby": "hello" },
      element(heading, { id: "hello" }, STRINGS.hello),
      element("p", {}, STRINGS.welcome),
      choices(examples),
    );
    this.note = element("p", { class: "note", hidden: true });
    this.node = element(
      "div",
      { id: "log", role: "log", "aria-live": "polite", "aria-label": STRINGS.log, "aria-busy": "true", tabindex: 0 },
      this.note,
      this.welcome,
    );
    // Long answers are shown from their beginning: that there is more must be seen where no scroll bar is drawn.
    this.more = button({ class: "more", hidden: true, onclick: () => this.#onward() }, STRINGS.more);
    this.node.addEventListener("scroll", () => this.#look(), { passive: true });
    new ResizeObserver(() => this.#look()).observe(this.node);
  }

  get messages() {
    return [...this.node.querySelectorAll(".message")];
  }

  get empty() {
    return this.#shown.size === 0;
  }

  // While history is coming in, a screen reader should not read all of it aloud.
  set busy(now) {
    if (now) this.node.setAttribute("aria-busy", "true");
    else this.node.removeAttribute("aria-busy");
  }

  get busy() {
    return this.node.hasAttribute("aria-busy");
  }

  say(note) {
    this.note.textContent = note;
    this.note.hidden = !note;
  }

  // Everything but the messages that wait to be sent.
  clear(waits) {
    for (const [key, item] of this.#shown) {
      if (waits(key.slice(1))) continue;
      this.#gone(item);
      item.remove();
      this.#shown.delete(key);
    }
    this.node.classList.remove("covered");
    this.welcome.hidden = !this.empty;
    this.#look();
  }

  // True when it is new.
  assistant(message, order) {
    const key = `a${message.id}`;
    if (this.#shown.has(key)) return false;
    const item = this.#item(key, "assistant", message.at);
    item.classList.toggle("personal", message.personal === true);
    item.querySelector(".bubble").append(fragment(message.html));
    const offered = (message.buttons ?? []).map((given) => this.#choice(given, { button: given.id })).filter(Boolean);
    if (offered.length) {
      for (const old of this.node.querySelectorAll(".latest")) old.classList.remove("latest");
      const list = choices(offered);
      list.classList.add("latest");
      item.append(list);
    }
    this.#place(item, order);
    this.reveal(item);
    return true;
  }

  // What is personal is not seen until the server says that it still may be: erase() uncovers the rest.
  cover() {
    for (const item of this.node.querySelectorAll(".personal")) this.#gone(item);
    this.node.classList.add("covered");
  }

  // What was personal before an event id is over. `html` stands in the place of an answer, `pressed` of a button.
  erase({ before, html, pressed }) {
    for (const item of this.node.querySelectorAll(".personal")) {
      if (this.#order.get(item) >= before) continue;
      const bubble = item.querySelector(".bubble");
      item.setAttribute("aria-live", "off"); // once is enough to hear that it is over
      if (item.classList.contains("citizen")) bubble.textContent = pressed;
      else bubble.replaceChildren(fragment(html));
      this.#take(item, ".choices");
      item.classList.remove("personal");
    }
    this.node.classList.remove("covered");
  }

  // `text` as stored: what was masked is masked here too.
  citizen(id, text, at, order, personal = false) {
    const key = `c${id}`;
    const item = this.#shown.get(key) ?? this.#item(key, "citizen", at);
    item.classList.toggle("personal", personal);
    const bubble = item.querySelector(".bubble");
    if (bubble.textContent !== text) bubble.textContent = text;
    this.#place(item, order ?? this.#order.get(item) ?? Infinity);
    this.reveal(item);
  }

  // Sending, or why it failed, under the message; `act` tries again.
  state(id, text, act) {
    const item = this.#shown.get(`c${id}`);
    if (!item) return;
    this.#take(item, ".state");
    if (!text) return;
    const state = element("p", { class: text === STRINGS.sending ? "state" : "state failed" }, text);
    if (act) state.append(button({ onclick: act }, STRINGS.retry));
    item.append(state);
    if (act) this.reveal(item);
  }

  delivered(id) {
    this.state(id, "");
    const who = this.#shown.get(`c${id}`)?.querySelector(".who");
    if (who && !who.querySelector(".receipt")) who.append(element("span", { class: "receipt" }, ` · ${STRINGS.delivered}`));
  }

  // A long answer is shown from its beginning: that is where reading starts. Only the widget's own boxes are scrolled.
  reveal(item = this.messages.at(-1)) {
    if (!item) return;
    const scroller = this.node.scrollHeight > this.node.clientHeight + 1 ? this.node : this.node.closest(".panel");
    const box = item.getBoundingClientRect();
    const room = scroller.getBoundingClientRect();
    const gap = 12;
    if (box.height > room.height * 0.9 || box.top < room.top) scroller.scrollTop += box.top - room.top - gap;
    else if (box.bottom > room.bottom - gap) scroller.scrollTop += box.bottom - room.bottom + gap;
    this.#look();
  }

  #look() {
    const { scrollHeight, scrollTop, clientHeight } = this.node;
    const room = 8 * parseFloat(getComputedStyle(this.node).fontSize); // with less it would cover what there is to read
    const hidden = scrollHeight - scrollTop - clientHeight < 32 || clientHeight < room;
    if (hidden) this.#gone(this.more);
    this.more.hidden = hidden;
  }

  // A screen further, and a line of it stays. Whoever came by keyboard goes on in the conversation.
  #onward() {
    this.node.scrollTop += this.node.clientHeight * 0.85;
    this.node.focus({ preventScroll: true });
  }

  #item(key, from, at) {
    const who = element("p", { class: "who" }, from === "citizen" ? STRINGS.you : STRINGS.assistant);
    const date = new Date(at ?? Date.now());
    if (!Number.isNaN(date.getTime())) {
      const time = date.toLocaleTimeString("pt-BR", { hour: "2-digit", minute: "2-digit" });
      who.append(" · ", element("time", { datetime: date.toISOString() }, time));
    }
    const item = element("div", { class: `message ${from}` }, who, element("div", { class: "bubble" }));
    this.#shown.set(key, item);
    this.#gone(this.welcome);
    this.welcome.hidden = true;
    return item;
  }

  #take(item, selector) {
    const node = item.querySelector(selector);
    if (node) this.#gone(node);
    node?.remove();
  }

  // Whoever is on what goes away by keyboard goes on in the conversation, and not at the top of the page.
  #gone(node) {
    if (node.contains(this.node.getRootNode().activeElement)) this.node.focus({ preventScroll: true });
  }

  #place(item, order) {
    this.#order.set(item, order);
    let next = null;
    for (const other of this.messages.reverse()) {
      if (other === item) continue;
      if (this.#order.get(other) <= order) break;
      next = other;
    }
    if (!item.parentNode || item.nextElementSibling !== next) this.node.insertBefore(item, next);
  }

  // A button that says something, or a link where it opens an address; null for an address that may not be opened.
  #choice({ title, url }, body) {
    if (!url) return button({ class: "choice", onclick: () => this.#say(title, body) }, title);
    const node = link(url, HOME.origin);
    if (node.localName !== "a") return null;
    node.className = "choice";
    node.append(title, element("span", { class: "unseen" }, ` (${STRINGS.newTab})`));
    return node;
  }
}

function choices(nodes) {
  return element("ul", { class: "choices", "aria-label": STRINGS.choices }, ...nodes.map((node) => element("li", {}, node)));
}
