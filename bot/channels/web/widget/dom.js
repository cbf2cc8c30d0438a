// Makes elements. Text is always text: nothing in the widget parses HTML into the page.
export function element(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "class") node.className = value;
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children);
  return node;
}

export const button = (properties, ...children) => element("button", { type: "button", ...properties }, ...children);

const SVG = "http://www.w3.org/2000/svg";

// The drawing of static/icon.svg: a balloon with two lines.
export function icon() {
  const svg = document.createElementNS(SVG, "svg");
  const part = (tag, attributes) => {
    const node = document.createElementNS(SVG, tag);
    for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
    svg.append(node);
  };
  svg.setAttribute("viewBox", "0 0 48 48");
  svg.setAttribute("aria-hidden", "true");
  svg.setAttribute("class", "icon");
  part("rect", { width: 48, height: 48, rx: 12, class: "paper" });
  part("path", { d: "M11 12h26a4 4 0 0 1 4 4v13a4 4 0 0 1-4 4H25l-9 7v-7h-5a4 4 0 0 1-4-4V16a4 4 0 0 1 4-4z", class: "balloon" });
  part("path", { d: "M14 19.5h20M14 26h12", class: "lines" });
  return svg;
}
