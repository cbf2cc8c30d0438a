// What the citizen sends: one message after the other, each with an id of its own until it is stored, so that a message
// that is sent twice is one message. What waits survives a reload of the page.
import { tab } from "./memory.js";
import { STRINGS } from "./strings.js";
import { delay } from "./stream.js";

const TRIES = 5;

export class Outgoing {
  #session;
  #on;
  #waiting = [];
  #sending = false;
  #wake = () => {};

  // on: {sending(id), stored(id), refused(id, sentence), failed(id, sentence, retry)}
  constructor(session, on) {
    this.#session = session;
    this.#on = on;
  }

  // `shown` is what the citizen sees of it: the text, or the button's title.
  add(body, shown) {
    const id = uuid();
    this.#waiting.push({ id, tries: 0, shown, body: { id, ...body } });
    this.#keep();
    return id;
  }

  // What an earlier visit to this page could not send; call it when the conversation is known.
  restore() {
    const kept = tab.get("unsent");
    if (kept?.conversation !== this.#session.conversation) return [];
    const known = new Set(this.#waiting.map(({ id }) => id));
    const messages = kept.messages.filter(({ id }) => !known.has(id));
    this.#waiting.unshift(...messages.map((message) => ({ ...message, tries: 0 })));
    return messages;
  }

  get size() {
    return this.#waiting.length;
  }

  has(id) {
    return this.#waiting.some((message) => message.id === id);
  }

  get busy() {
    return this.#waiting.length > 0;
  }

  clear() {
    this.#waiting.length = 0;
    tab.set("unsent", undefined);
  }

  // It came back on the event stream: it is stored, whatever became of the receipt.
  arrived(id) {
    this.#drop(id);
  }

  #drop(id) {
    this.#waiting = this.#waiting.filter((message) => message.id !== id);
    this.#keep();
  }

  #keep() {
    const messages = this.#waiting.map(({ id, shown, body }) => ({ id, shown, body }));
    tab.set("unsent", messages.length ? { conversation: this.#session.conversation, messages } : undefined);
  }

  hurry() {
    this.#wake();
    this.flush();
  }

  async flush() {
    if (this.#sending || !this.#session.ready) return;
    this.#sending = true;
    while (this.#waiting.length) {
      const message = this.#waiting[0];
      if (this.#session.stale) await this.#session.open();
      const response = await this.#session.request("chat/messages", message.body);
      if (response?.ok) await this.#session.take(response);
      if (this.#waiting[0] !== message) continue; // it arrived meanwhile, or the conversation is another
      if (response?.ok) {
        this.#drop(message.id);
        this.#on.stored(message.id);
      } else if ([401, 409].includes(response?.status) && message.tries++ < 2) {
        await this.#session.open(); // the session is gone or too old, or another one has just taken its place
      } else if (response && response.status < 500 && response.status !== 429) {
        this.#drop(message.id);
        this.#on.refused(message.id, await sentence(response));
      } else if (message.tries < TRIES - 1) {
        await this.#pause(delay(message.tries++));
      } else {
        const said = response ? await sentence(response) : STRINGS.notSent;
        this.#on.failed(message.id, said, () => {
          message.tries = 0;
          this.#on.sending(message.id);
          this.flush();
        });
        break;
      }
    }
    this.#sending = false;
  }

  #pause(time) {
    return new Promise((resolve) => {
      this.#wake = resolve;
      setTimeout(resolve, time);
    });
  }
}

export async function sentence(response) {
  try {
    return (await response.json()).message || STRINGS.refused;
  } catch {
    return STRINGS.refused;
  }
}

function uuid() {
  // crypto.randomUUID exists on https and localhost only
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 15) | 64;
  bytes[8] = (bytes[8] & 63) | 128;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/(.{8})(.{4})(.{4})(.{4})(.{12})/, "$1-$2-$3-$4-$5");
}
