// The chat page: sends messages, shows what comes over Server-Sent Events, survives a lost connection.
// History lives on the server: a reload reads it again from the beginning.
import { STRINGS } from "./strings.js";

const RETRIES = [1000, 2000, 4000, 8000, 15000];
const $ = (id) => document.getElementById(id);
const log = $("log"), form = $("form"), box = $("text");

/* ---------- what is on the screen ---------- */

const shown = new Map(); // key of a message -> its element
const answered = new Set(); // ids of the citizen's messages that have their final answer

function element(tag, className, text) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text !== undefined) node.textContent = text;
  return node;
}

function bubble(key, from) {
  const item = element("div", `message ${from}`);
  item.append(element("p", "who", from === "citizen" ? STRINGS.you : STRINGS.assistant), element("div", "bubble"));
  shown.set(key, item);
  $("welcome").hidden = true;
  $("new").hidden = false;
  return item;
}

function timed(item, at) {
  const date = new Date(at || Date.now());
  if (Number.isNaN(date.getTime())) return;
  const time = element("time", "", date.toLocaleTimeString("pt-BR", { hour: "2-digit", minute: "2-digit" }));
  time.dateTime = date.toISOString();
  item.querySelector(".who").append(" · ", time);
}

// A long answer is shown from its beginning: that is where reading starts.
function reveal(item) {
  const room = log.scrollHeight > log.clientHeight ? log.clientHeight : innerHeight;
  item.scrollIntoView({ block: item.offsetHeight > room * 0.9 ? "start" : "nearest" });
}

function showAssistant(message) {
  const key = `a${message.id}`;
  if (shown.has(key)) return;
  const item = bubble(key, "assistant");
  item.querySelector(".bubble").innerHTML = message.html; // made and cleaned by the server
  timed(item, message.at);
  if (message.buttons && message.buttons.length) {
    for (const old of log.querySelectorAll(".latest")) old.classList.remove("latest");
    const choices = message.buttons.map(({ id, title, url }) => [title, () => say(title, { button: id }), url]);
    const list = choiceList(choices);
    list.classList.add("latest");
    item.append(list);
  }
  log.append(item);
  reveal(item);
}

function choiceList(choices) {
  const list = element("ul", "choices");
  list.setAttribute("aria-label", STRINGS.choices);
  for (const [title, act, url] of choices) {
    const button = element(url ? "a" : "button", "", title);
    if (url) {
      button.href = url;
      button.target = "_blank";
      button.rel = "noopener noreferrer";
    } else {
      button.type = "button";
      button.addEventListener("click", act);
    }
    const entry = element("li");
    entry.append(button);
    list.append(entry);
  }
  return list;
}

function showCitizen(id, text, at) {
  let item = shown.get(`c${id}`);
  if (!item) {
    item = bubble(`c${id}`, "citizen");
    timed(item, at);
    log.append(item);
  }
  item.querySelector(".bubble").textContent = text; // as stored: what was masked is masked here too
  reveal(item);
  return item;
}

function showState(item, text, failed) {
  item.querySelector(".state")?.remove();
  if (!text) return null;
  const state = element("p", failed ? "state failed" : "state", text);
  item.append(state);
  return state;
}

function showTyping(now) {
  $("typing").textContent = now ? STRINGS.typing : "";
}

let statusTimer;
function showStatus(text, bad) {
  clearTimeout(statusTimer);
  $("status").textContent = text;
  $("status").className = bad ? "bad" : "";
  if (text && !bad) statusTimer = setTimeout(() => showStatus(""), 4000);
}

/* ---------- receiving ---------- */

let events, last, attempts = 0, reconnect, quiet;

function connect() {
  clearTimeout(reconnect);
  events?.close();
  events = new EventSource(last === undefined ? "/chat/events" : `/chat/events?after=${encodeURIComponent(last)}`);
  events.addEventListener("open", () => {
    attempts = 0;
    if ($("status").className) showStatus(STRINGS.online);
    settle();
    flush();
  });
  events.addEventListener("message", (event) => {
    if (event.lastEventId) last = event.lastEventId;
    const message = JSON.parse(event.data);
    if (message.from === "citizen") delivered(message);
    else showAssistant(message);
    if (message.final) {
      answered.add(message.in_reply_to);
      showTyping(false);
    }
    settle();
  });
  events.addEventListener("status", (event) => showTyping(JSON.parse(event.data).typing === true));
  events.addEventListener("error", lost);
}

// While history is coming in, a screen reader should not read all of it aloud.
function settle() {
  clearTimeout(quiet);
  if (log.getAttribute("aria-busy") !== "true") return;
  quiet = setTimeout(() => {
    log.removeAttribute("aria-busy");
    $("welcome").hidden = shown.size > 0;
  }, 300);
}

function lost() {
  showStatus(STRINGS.offline, true);
  showTyping(false);
  if (events.readyState !== EventSource.CLOSED) return; // the browser tries again by itself, from the last event
  clearTimeout(reconnect);
  reconnect = setTimeout(start, RETRIES[Math.min(attempts++, RETRIES.length - 1)]);
}

/* ---------- sending: one after the other, each until it is stored ---------- */

const waiting = [];
let sending = false;

function uuid() { // crypto.randomUUID exists on https and localhost only
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 15) | 64;
  bytes[8] = (bytes[8] & 63) | 128;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/(.{8})(.{4})(.{4})(.{4})(.{12})/, "$1-$2-$3-$4-$5");
}

function say(text, content) {
  const id = uuid();
  const item = showCitizen(id, text);
  waiting.push({ id, item, tries: 0, body: { id, ...(content || { text }) } });
  showState(item, STRINGS.sending);
  flush();
}

function delivered({ id, text, at }) {
  showState(showCitizen(id, text, at), "");
  const index = waiting.findIndex((message) => message.id === id);
  if (index >= 0) waiting.splice(index, 1);
}

async function flush() {
  if (sending) return;
  sending = true;
  while (waiting.length) {
    const message = waiting[0];
    const answer = await post("/chat/messages", message.body);
    if (answer?.ok) {
      if (waiting[0] === message) waiting.shift();
      showState(message.item, "");
      if (!answered.has(message.id)) showTyping(true); // the answer may be faster than the receipt
    } else if (answer?.status === 401 && message.tries++ < 2) {
      await session(); // the cookie is gone or too old
    } else if (answer && answer.status < 500 && answer.status !== 429) {
      waiting.shift();
      showState(message.item, await sentence(answer), true);
    } else if (message.tries < RETRIES.length - 1) {
      await pause(RETRIES[message.tries++]);
    } else {
      await giveUp(message, answer);
      break;
    }
  }
  sending = false;
}

// What cannot be sent now stays, with its id, until the person or a new connection tries again.
async function giveUp(message, answer) {
  const state = showState(message.item, answer ? await sentence(answer) : STRINGS.notSent, true);
  const button = element("button", "", STRINGS.retry);
  button.type = "button";
  button.addEventListener("click", () => {
    message.tries = 0;
    showState(message.item, STRINGS.sending);
    box.focus();
    flush();
  });
  state.append(button);
  reveal(message.item);
}

async function sentence(answer) {
  try {
    return (await answer.json()).message || STRINGS.refused;
  } catch {
    return STRINGS.refused;
  }
}

async function post(path, body) {
  try {
    return await fetch(path, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });
  } catch {
    return null; // no connection
  }
}

const session = (body) => post("/chat/session", body || {});
let wake;
const pause = (time) => new Promise((resolve) => { wake = resolve; setTimeout(resolve, time); });

/* ---------- the person ---------- */

function submit() {
  const text = box.value.trim();
  if (!text) return;
  box.value = "";
  grow();
  say(text);
}

function grow() {
  box.style.height = "auto";
  box.style.height = `${box.scrollHeight + 4}px`;
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  submit();
  box.focus();
});
box.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  submit();
});
box.addEventListener("input", grow);

$("new").addEventListener("click", async () => {
  if (!confirm(STRINGS.newConversation)) return;
  events?.close();
  const answer = await session({ new: true });
  if (!answer?.ok) {
    showStatus(answer ? await sentence(answer) : STRINGS.offline, true);
    reconnect = setTimeout(start, RETRIES[0]);
    return;
  }
  for (const item of shown.values()) item.remove();
  shown.clear();
  waiting.length = 0;
  last = undefined;
  showTyping(false);
  showStatus("");
  $("welcome").hidden = false;
  $("new").hidden = true;
  connect();
  box.focus();
});

addEventListener("online", () => {
  wake?.();
  if (events?.readyState === EventSource.CLOSED) start();
  flush();
});

async function start() {
  clearTimeout(reconnect);
  const answer = await session();
  if (answer?.ok) return connect();
  showStatus(STRINGS.startFailed, true);
  reconnect = setTimeout(start, RETRIES[Math.min(attempts++, RETRIES.length - 1)]);
}

$("examples").replaceWith(choiceList(STRINGS.examples.map((text) => [text, () => say(text)])));
$("unopened").hidden = true;
form.hidden = false;
log.setAttribute("aria-busy", "true");
start();
