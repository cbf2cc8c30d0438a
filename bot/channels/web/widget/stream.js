// The event stream, read with fetch: it goes on from the last event after a lost line, a sleep or a hidden window.
const RETRIES = [1000, 2000, 4000, 8000, 15000];
const SILENCE = 40_000; // the server pings every 15 s
const HIDDEN = 60_000; // a window that nobody sees gives its connection back

export const delay = (tries) => RETRIES[Math.min(tries, RETRIES.length - 1)];

export class Stream {
  last = 0;
  #session;
  #on;
  #abort;
  #timer;
  #hiding;
  #silence;
  #heard = 0;
  #tries = 0;
  #wanted = false;
  #opening = false;

  // on: {opened(), connected(), event(name, data, id), lost(response), hidden()}
  constructor(session, on) {
    this.#session = session;
    this.#on = on;
  }

  start() {
    this.#wanted = true;
    this.#again(0);
  }

  stop() {
    this.#wanted = false;
    this.#hangUp();
  }

  get running() {
    return this.#wanted;
  }

  // The conversation is another one: from its beginning.
  reset() {
    this.last = 0;
    if (this.#wanted && !this.#opening) this.#again(0);
  }

  // The network is back, or the window is seen again; `slept`: it stood still, and what it holds may be dead.
  wake(slept) {
    clearTimeout(this.#hiding);
    if (this.#wanted && (slept || !this.#abort || Date.now() - this.#heard > SILENCE / 2)) this.#again(0);
  }

  hide(busy) {
    clearTimeout(this.#hiding);
    if (busy) return;
    this.#hiding = setTimeout(() => {
      this.#hangUp();
      this.#on.hidden();
    }, HIDDEN);
  }

  #hangUp() {
    clearTimeout(this.#timer);
    clearTimeout(this.#silence);
    this.#abort?.abort();
    this.#abort = undefined;
  }

  #again(wait) {
    this.#hangUp();
    this.#timer = setTimeout(() => this.#connect(), wait);
  }

  async #connect() {
    const abort = (this.#abort = new AbortController());
    this.#listen();
    let response = null;
    try {
      response = await this.#follow(abort.signal);
    } catch (error) {
      console.error("Guichê:", error); // a fault of ours: said, and the conversation goes on
    }
    if (abort.signal.aborted) return;
    this.#on.lost(response);
    this.#again(delay(this.#tries++));
  }

  // Until the line is lost; the refusal, if it was one.
  async #follow(signal) {
    this.#opening = true;
    const opened = await this.#session.open().finally(() => (this.#opening = false));
    if (signal.aborted || !opened.ok) return opened.response;
    this.#on.opened();
    const headers = { Accept: "text/event-stream", "Last-Event-ID": String(this.last) };
    const response = await this.#session.request("chat/events", undefined, { headers, signal });
    if (!response?.ok) return response;
    await this.#read(response.body, signal);
    return null;
  }

  async #read(body, signal) {
    const reader = body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    this.#on.connected();
    for (;;) {
      const { done, value } = await reader.read().catch(() => ({ done: true })); // an error is a lost line
      if (done || signal.aborted) return;
      this.#tries = 0;
      this.#listen();
      const blocks = (rest + value).replace(/\r\n?/g, "\n").split("\n\n");
      rest = blocks.pop();
      for (const block of blocks) if (!signal.aborted) this.#dispatch(block);
    }
  }

  #dispatch(block) {
    const event = { event: "message", data: [] };
    for (const line of block.split("\n")) {
      const [, name, value] = /^(\w*):? ?(.*)$/s.exec(line) ?? [];
      if (name === "data") event.data.push(value);
      else if (name) event[name] = value;
    }
    if (!event.data.length) return;
    const id = Number(event.id) || undefined;
    this.#on.event(event.event, JSON.parse(event.data.join("\n")), id);
    if (id) this.last = Math.max(this.last, id);
  }

  #listen() {
    this.#heard = Date.now();
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => {
      this.#on.lost(null);
      this.#again(0);
    }, SILENCE);
  }
}
