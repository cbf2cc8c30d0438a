// Which conversation this is. On the front desk's own origin a cookie says it, which scripts cannot read. On another
// site's page it is a signed token that travels in a header, never in an address.
import { browser } from "./memory.js";

export const HOME = new URL("../", import.meta.url);
const embedded = HOME.origin !== location.origin;
const RENEW = 0.25; // of the token's life
const PATIENCE = 15_000; // a line may be open at our end only: then nothing ever comes

export class Session {
  conversation = browser.get("conversation");
  ready = false;
  changed = () => {}; // told when the conversation is another one than before
  #fallback; // the token, where storage is forbidden
  #opening;

  // Opens or keeps the conversation: {ok: true} or {ok: false, response}. One request at a time: two at once on a first
  // visit would make two conversations.
  async open({ fresh = false } = {}) {
    while (fresh && this.#opening) await this.#opening;
    this.#opening ??= this.#open(fresh).finally(() => (this.#opening = undefined));
    return this.#opening;
  }

  // When no request of an older conversation is on its way any more.
  async settled() {
    while (this.#opening) await this.#opening;
  }

  async #open(fresh) {
    const response = await this.request("chat/session", fresh ? { new: true } : {});
    if (!response?.ok) return { ok: false, response };
    const answer = await response.json().catch(() => null);
    if (!answer?.conversation) return { ok: false, response: null }; // something between us and the front desk
    const { conversation, token, expires_in: life } = answer;
    if (token) this.#keep({ token, renew: Date.now() + life * 1000 * RENEW });
    const changed = conversation !== this.conversation;
    this.conversation = conversation;
    this.ready = true;
    browser.set("conversation", conversation);
    if (changed) this.changed();
    return { ok: true };
  }

  // On another site's page: the token that came with an answer, because it is the only one that serves from now on.
  async take(response) {
    const { token, expires_in: life } = embedded ? await response.json().catch(() => ({})) : {};
    if (token) this.#keep({ token, renew: Date.now() + life * 1000 * RENEW });
  }

  // A conversation exists already: a page that was not asked to open one looks for news of it.
  get known() {
    return browser.get("conversation") !== undefined;
  }

  get stale() {
    return embedded && Date.now() > (this.#token?.renew ?? 0);
  }

  // The response, or null: no connection, or no answer in time. With a `signal` whoever gave it decides how long is too
  // long. The timer goes on while the body is read; for what has arrived by then it changes nothing.
  async request(path, body, options = {}) {
    const patience = new AbortController();
    if (!options.signal) setTimeout(() => patience.abort(), PATIENCE);
    const headers = { ...options.headers };
    if (body) headers["Content-Type"] = "application/json";
    if (embedded && this.#token) headers.Authorization = `Bearer ${this.#token.token}`;
    try {
      return await fetch(new URL(path, HOME), {
        signal: patience.signal,
        ...options,
        headers,
        method: body ? "POST" : "GET",
        body: body && JSON.stringify(body),
        credentials: embedded ? "omit" : "same-origin",
        cache: "no-store",
        referrerPolicy: "no-referrer",
      });
    } catch {
      return null;
    }
  }

  get #token() {
    return browser.get("token") ?? this.#fallback;
  }

  #keep(token) {
    this.#fallback = token;
    browser.set("token", token);
  }
}
