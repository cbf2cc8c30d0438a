// Where the widget stands: a button that opens a panel, a panel that covers a phone's screen, or the whole page.
import { button, element, icon } from "./dom.js";
import { tab } from "./memory.js";
import { STRINGS } from "./strings.js";

const COVERS = "(max-width: 30em), (max-height: 30em)";
const FOCUSABLE = "a[href], button, textarea, [tabindex='0']";

export class Frame {
  #options;
  #covers = matchMedia(COVERS);
  #opened;

  // `opened(focus)` is called when the panel was opened; `body`: what stands under the header.
  constructor(full, { options, body }, opened) {
    this.full = full;
    this.#options = options;
    this.#opened = opened;
    const heading = element(full ? "h1" : "h2", { id: "title", tabindex: -1 }, STRINGS.name);
    const name = element("div", { class: "name" }, heading, element("p", {}, STRINGS.subtitle));
    const header = element("header", {}, icon(), name, options.toggle);
    this.heading = heading;
    const attributes = full ? {} : { "aria-labelledby": "title" };
    this.panel = element(full ? "main" : "dialog", { class: "panel", ...attributes }, header, options.node, ...body);
    this.panel.addEventListener("keydown", (event) => this.#key(event));
    this.panel.addEventListener("pointerdown", (event) => {
      const path = event.composedPath();
      if (options.open && !path.includes(options.node) && !path.includes(options.toggle)) options.set(false);
    });
    this.nodes = [this.panel];
    if (full) return;
    header.append(button({ class: "quiet close", "aria-label": STRINGS.closeLabel, onclick: () => this.close() }, "✕"));
    this.badge = element("span", { class: "badge", "aria-hidden": "true", hidden: true });
    this.launcher = button(
      { class: "launcher", "aria-haspopup": "dialog", onclick: () => this.open() },
      icon(),
      element("span", {}, STRINGS.launcher),
      this.badge,
    );
    this.news = element("p", { class: "unseen", role: "status" });
    this.nodes = [this.launcher, this.news, this.panel];
    this.unread(0);
  }

  get isOpen() {
    return this.full || this.panel.open;
  }

  listen(signal) {
    this.#covers.addEventListener("change", () => this.#fit(), { signal });
    for (const kind of ["resize", "scroll"]) {
      globalThis.visualViewport?.addEventListener(kind, () => this.#fit(), { signal });
    }
    this.#fit();
  }

  open({ focus = true } = {}) {
    if (this.isOpen) return;
    this.panel.setAttribute("open", ""); // show() would take the focus, also after a reload
    this.launcher.hidden = true;
    tab.set("open", true);
    this.unread(0);
    this.#fit();
    this.#opened(focus);
  }

  close() {
    if (this.full || !this.isOpen) return;
    this.panel.close();
    this.#options.set(false);
    this.launcher.hidden = false;
    this.launcher.focus();
    tab.set("open", undefined);
  }

  unread(count) {
    if (this.full) return;
    const words = count ? STRINGS.unread(count) : "";
    this.badge.hidden = !count;
    this.badge.textContent = count > 9 ? "9+" : String(count);
    this.launcher.setAttribute("aria-label", words ? `${STRINGS.launcherLabel}, ${words}` : STRINGS.launcherLabel);
    this.news.textContent = words;
  }

  // A panel that covers the page keeps the focus, for nobody would see where it went; the page's own tools over it, such as
  // VLibras, stay within reach of the finger. A keyboard on the screen takes room: the panel is what it leaves.
  #fit() {
    if (this.full) return;
    const covers = this.#covers.matches;
    this.panel.classList.toggle("covers", covers);
    this.panel.setAttribute("aria-modal", String(covers));
    const view = globalThis.visualViewport;
    const keyboard = covers && view && Math.abs(view.scale - 1) < 0.05;
    this.panel.style.setProperty("--height", keyboard ? `${view.height}px` : "100dvh");
    this.panel.style.setProperty("--top", keyboard ? `${view.offsetTop}px` : "0px");
  }

  #key(event) {
    if (event.key === "Escape" && !event.isComposing) {
      if (this.#options.open) this.#options.close();
      else if (!this.full) this.close();
      else return;
      event.preventDefault();
      event.stopPropagation();
    } else if (event.key === "Tab" && !this.full && this.#covers.matches) {
      const stops = [...this.panel.querySelectorAll(FOCUSABLE)].filter((node) => node.checkVisibility?.() ?? node.offsetParent);
      const end = event.shiftKey ? stops[0] : stops.at(-1);
      const now = this.panel.getRootNode().activeElement;
      if (now !== end && !(event.shiftKey && now === this.heading)) return;
      event.preventDefault();
      (event.shiftKey ? stops.at(-1) : stops[0]).focus();
    }
  }
}
