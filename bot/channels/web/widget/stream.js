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

  // on: {opened(changed), connected(), event(name, data, id), lost(response)}
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

  // Something happened that makes now a good moment: the network is back, the window is seen, a timer of hours ended.
  wake() {
    clearTimeout(this.#hiding);
    if (this.#wanted && (!this.#abort || Date.now() - this.#heard > SILENCE / 2)) this.#again(0);
  }

  hide(busy) {
    clearTimeout(this.#hiding);
    if (!busy) this.#hiding = setTimeout(() => this.#hangUp(), HIDDEN);
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
    const opened = await this.#session.open();
    if (abort.signal.aborted) return;
    let response = opened.response;
    if (opened.ok) {
      if (opened.changed) this.last = 0;
      this.#on.opened(opened.changed);
      const headers = { Accept: "text/event-stream", "Last-Event-ID": String(this.last) };
      response = await this.#session.request("chat/events", undefined, { headers, signal: abort.signal });
      if (response?.ok) await this.#read(response.body, abort.signal);
    }
    if (abort.signal.aborted) return;
    this.#on.lost(response?.ok ? null : response);
    this.#again(delay(this.#tries++));
  }

  async #read(body, signal) {
    const reader = body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    this.#on.connected();
    try {
      for (;;) {
        const { done, value } = await reader.read();
        if (done || signal.aborted) return;
        this.#tries = 0;
        this.#listen();
        const blocks = (rest + value).replace(/\r\n?/g, "\n").split("\n\n");
        rest = blocks.pop();
        for (const block of blocks) if (!signal.aborted) this.#dispatch(block);
      }
    } catch {
      // the line is lost: the caller connects again
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
