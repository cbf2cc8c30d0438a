// The server's HTML (bot/markdown.py: p, br, strong, ul, ol, li, a) as elements. It is read with an allow-list of our own,
// and never with innerHTML: whatever else stands in it comes out as text, also where the page enforces Trusted Types.
const PIECE = /<(\/?)(p|br|strong|ul|ol|li|a)((?:\s+[a-z]+="[^"<>]*")*)\s*\/?>|[^<]+|</g;
const ENTITIES = { amp: "&", lt: "<", gt: ">", quot: '"', "#39": "'", "#x27": "'" };

const decode = (text) => text.replace(/&(amp|lt|gt|quot|#39|#x27);/g, (_, name) => ENTITIES[name]);

export function fragment(html) {
  const root = document.createDocumentFragment();
  const open = [root];
  for (const [piece, closing, tag, attributes] of html.matchAll(PIECE)) {
    const parent = open[open.length - 1];
    if (!tag) {
      parent.append(decode(piece));
    } else if (closing) {
      if (parent.localName === tag) open.pop();
    } else {
      const node = make(tag, attributes);
      parent.append(node);
      if (tag !== "br") open.push(node);
    }
  }
  return root;
}

function make(tag, attributes) {
  if (tag === "a") return link(decode(/\shref="([^"]*)"/.exec(attributes)?.[1] ?? ""));
  const node = document.createElement(tag);
  const start = tag === "ol" && /\sstart="(\d{1,9})"/.exec(attributes);
  if (start) node.start = Number(start[1]);
  return node;
}

// An address that is not https (or `home`, the front desk's own) is not a link.
export function link(address, home) {
  let url;
  try {
    url = new URL(address);
  } catch {
    return document.createElement("span");
  }
  if (url.protocol !== "https:" && url.origin !== home) return document.createElement("span");
  const node = document.createElement("a");
  node.href = url.href;
  node.target = "_blank";
  node.rel = "noopener noreferrer";
  return node;
}
