// The conversation on paper or in a file.
import { element } from "./dom.js";
import { STRINGS } from "./strings.js";

const PAPER = `
  body { font: 12pt/1.5 system-ui, sans-serif; color: #000; background: #fff; }
  .message { margin: 0 0 1em; break-inside: avoid; }
  .who { margin: 0; font-weight: 600; }
  .bubble { white-space: pre-wrap; }
  .bubble > * { white-space: normal; margin: .3em 0; }
  a::after { content: " (" attr(href) ")"; }
  .receipt { display: none; }
`;

const title = () => `${STRINGS.log}, ${new Date().toLocaleString("pt-BR", { dateStyle: "short", timeStyle: "short" })}`;

// An empty frame of the page's own is printed, so that nothing of the page around is, and nothing of it is touched.
export function print(root, messages) {
  root.querySelector("iframe")?.remove();
  const frame = element("iframe", { class: "unseen", "aria-hidden": "true", tabindex: -1, title: STRINGS.print });
  const fill = () => {
    const { contentDocument: page, contentWindow: view } = frame;
    const sheet = new view.CSSStyleSheet();
    sheet.replaceSync(PAPER);
    page.adoptedStyleSheets = [sheet];
    page.documentElement.lang = "pt-BR";
    page.title = title();
    const heading = page.createElement("h1");
    heading.textContent = page.title;
    page.body.append(heading);
    for (const message of messages) {
      const copy = page.importNode(message, true);
      for (const extra of copy.querySelectorAll(".choices, .state")) extra.remove();
      page.body.append(copy);
    }
    view.addEventListener("afterprint", () => setTimeout(() => frame.remove()));
    view.print();
  };
  frame.addEventListener("load", fill, { once: true });
  root.append(frame);
}

export function save(messages) {
  const parts = messages.map((message) => {
    const who = [...message.querySelector(".who").childNodes].filter((node) => node.className !== "receipt");
    return `${who.map((node) => node.textContent).join("")}\n${plain(message.querySelector(".bubble"))}`;
  });
  const text = [title(), ...parts].join("\n\n").replaceAll("\n", "\r\n");
  const address = URL.createObjectURL(new Blob(["\ufeff", text, "\r\n"], { type: "text/plain;charset=utf-8" }));
  element("a", { href: address, download: STRINGS.fileName }).click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}

// A bubble as plain text: dashes and numbers for lists, links with their address.
export function plain(bubble) {
  return bubble.children.length ? [...bubble.children].map((node) => block(node, "")).join("\n\n") : bubble.textContent;
}

function block(node, indent) {
  if (node.localName !== "ol" && node.localName !== "ul") return indent + inline(node);
  return [...node.children]
    .map((item, index) => {
      const mark = node.localName === "ol" ? `${node.start + index}. ` : "- ";
      const [first = "", ...rest] = pieces(item).map((piece) =>
        typeof piece === "string" ? piece.trim() : block(piece, `${indent}  `).trimEnd(),
      );
      return [indent + mark + first.trimStart(), ...rest].join("\n");
    })
    .join("\n");
}

// A list item's own text, then the blocks in it.
function pieces(item) {
  const blocks = [...item.children].filter((child) => ["p", "ul", "ol"].includes(child.localName));
  const text = [...item.childNodes].filter((child) => !blocks.includes(child)).map(inline).join("").trim();
  return text ? [text, ...blocks] : blocks;
}

function inline(node) {
  if (node.nodeType === Node.TEXT_NODE) return node.data;
  if (node.localName === "br") return "\n";
  const text = [...node.childNodes].map(inline).join("");
  return node.localName === "a" && node.href !== text ? `${text} (${node.href})` : text;
}
