// Small helpers over SVG; as in dom.js, text goes in as text nodes.

const SPACE = "http://www.w3.org/2000/svg";
const LEAVES = 700; // milliseconds in which something fades

/** An SVG element. */
export function svg(tag, attributes = {}, ...children) {
  const node = document.createElementNS(SPACE, tag);
  set(node, attributes);
  node.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return node;
}

/** Write attributes that differ. */
export function set(node, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined) node.removeAttribute(name);
    else if (node.getAttribute(name) !== String(value)) node.setAttribute(name, value);
  }
  return node;
}

/** Write text that differs. */
export function say(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** One child for each item, made once and updated in place; what is gone fades and then leaves. */
export function members(container, items, make, update) {
  const old = new Map([...container.children].filter((c) => !c.classList.contains("leaving")).map((c) => [c.dataset.key, c]));
  for (const item of items) {
    const node = old.get(item.key) ?? container.appendChild(make(item));
    node.dataset.key = item.key;
    old.delete(item.key);
    update(node, item);
  }
  for (const node of old.values()) {
    node.classList.add("leaving");
    setTimeout(() => node.remove(), LEAVES);
  }
}

/** The outline of a dot: blue fleets have discs, green ones diamonds. */
export function dot(x, y, r, side) {
  const at = `M${(x - (side === "green" ? 0 : r)).toFixed(2)} ${(y - (side === "green" ? r * 1.25 : 0)).toFixed(1)}`;
  if (side === "green") {
    const d = (r * 1.25).toFixed(1);
    return `${at}l${d} ${d}l-${d} ${d}l-${d}-${d}z`;
  }
  const [a, d] = [r.toFixed(2), (2 * r).toFixed(2)];
  return `${at}a${a} ${a} 0 1 0 ${d} 0a${a} ${a} 0 1 0-${d} 0z`;
}
