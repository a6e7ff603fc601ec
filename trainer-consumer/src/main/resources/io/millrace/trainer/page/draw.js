// Small pieces that everything is drawn with. Text of others goes in as text only.
const SVG = "http://www.w3.org/2000/svg";

export function el(name, attributes, ...children) {
  const node = document.createElement(name);
  fill(node, attributes, children);
  return node;
}

export function svg(name, attributes, ...children) {
  const node = document.createElementNS(SVG, name);
  fill(node, attributes, children);
  return node;
}

function fill(node, attributes, children) {
  for (const [key, value] of Object.entries(attributes ?? {})) {
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else if (value !== null && value !== undefined && value !== false) node.setAttribute(key, value === true ? "" : value);
  }
  for (const child of children.flat(Infinity)) {
    if (child !== null && child !== undefined) node.append(child instanceof Node ? child : String(child));
  }
}

/** Text of others as nodes: control characters and those that turn the writing direction are shown by name. */
export function foreign(text) {
  const nodes = [];
  let plain = "";
  for (const character of text) {
    const code = character.codePointAt(0);
    const control = (code < 32 && code !== 10 && code !== 9) || (code >= 127 && code < 160);
    const turning = (code >= 0x200b && code <= 0x200f) || (code >= 0x202a && code <= 0x202e) || (code >= 0x2060 && code <= 0x206f) || code === 0xfeff;
    if (control || turning) {
      if (plain) nodes.push(plain);
      plain = "";
      nodes.push(el("span", { class: "ctl" }, control && code < 32 ? String.fromCodePoint(0x2400 + code) : "U+" + code.toString(16).toUpperCase().padStart(4, "0")));
    } else {
      plain += character;
    }
  }
  if (plain) nodes.push(plain);
  return nodes;
}

export function count(number) {
  return Math.round(number).toLocaleString("en-US");
}

export function short(number) {
  const size = Math.abs(number);
  if (size >= 1e6) return (number / 1e6).toFixed(size >= 1e7 ? 0 : 1) + "M";
  if (size >= 1e4) return (number / 1e3).toFixed(0) + "k";
  if (size >= 100) return number.toFixed(0);
  if (size >= 10) return number.toFixed(1).replace(/\.0$/, "");
  return String(Number(number.toFixed(size >= 1 ? 2 : 3)));
}

/** A length of time for people. */
export function span(ms) {
  const seconds = Math.max(0, ms) / 1000;
  if (seconds < 10) return seconds.toFixed(1) + " s";
  if (seconds < 120) return Math.round(seconds) + " s";
  if (seconds < 7200) return Math.floor(seconds / 60) + " min";
  if (seconds < 172800) return Math.floor(seconds / 3600) + " h " + Math.floor((seconds % 3600) / 60) + " min";
  return Math.floor(seconds / 86400) + " d";
}

export function word(text) {
  return text.replaceAll("_", " ");
}

/** Replaces what stands in a table's body, but leaves the focus on a button where it was. */
export function rows(body, list, none, columns) {
  const focused = document.activeElement;
  const key = body.contains(focused) ? focused.dataset.key : null;
  body.replaceChildren(...(list.length ? list : [el("tr", {}, el("td", { class: "none", colspan: columns }, none))]));
  if (key) body.querySelector(`[data-key="${CSS.escape(key)}"]`)?.focus();
}

export function cell(name, content, kind) {
  return el("td", { "data-name": name, class: kind }, content);
}
