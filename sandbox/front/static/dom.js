// Small helpers over the DOM. Text always goes in as text nodes: nothing from a message is ever parsed as HTML.

/** An element; `properties` may hold attributes, `class`, `text`, `on` handlers and `data` entries. */
export function el(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (name === "class") node.className = value;
    else if (name === "text") node.textContent = value;
    else if (name === "on") for (const [event, call] of Object.entries(value)) node.addEventListener(event, call);
    else if (name === "data") Object.assign(node.dataset, value);
    else if (name === "style") Object.entries(value).forEach(([key, v]) => node.style.setProperty(key, v));
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

/** Redraw `container` only if `data` differs from what it shows; focus and scrolling survive an unchanged picture. */
export function draw(container, data, make) {
  const fingerprint = JSON.stringify(data);
  if (container.dataset.drawn === fingerprint) return;
  container.dataset.drawn = fingerprint;
  container.replaceChildren(...[make(data)].flat(Infinity).filter(Boolean));
}

/** Keep one child of `container` for each item: made once, updated in place, removed with its item. */
export function keyed(container, items, keyOf, make, update) {
  const old = new Map([...container.children].map((child) => [child.dataset.key, child]));
  items.forEach((item, index) => {
    const key = keyOf(item);
    const node = old.get(key) ?? make(item);
    node.dataset.key = key;
    old.delete(key);
    update(node, item);
    if (container.children[index] !== node) container.insertBefore(node, container.children[index] ?? null);
  });
  old.forEach((node) => node.remove());
}

export const byId = (id) => document.getElementById(id);

const pad = (number) => String(Math.floor(number)).padStart(2, "0");

/** A moment in virtual time (seconds since the epoch), in UTC. */
export function timeOf(at, { seconds = false } = {}) {
  const moment = new Date(at * 1000);
  const short = `${pad(moment.getUTCHours())}:${pad(moment.getUTCMinutes())}`;
  return seconds ? `${short}:${pad(moment.getUTCSeconds())}` : short;
}

export function dateOf(at, { short = false } = {}) {
  const length = short ? "short" : "long";
  return new Date(at * 1000).toLocaleDateString("en-US", { weekday: length, month: length, day: "numeric", timeZone: "UTC" });
}

/** How long something takes, as in 1:59:03 or 4:12. */
export function span(seconds) {
  const left = Math.max(0, seconds);
  const [h, m, s] = [left / 3600, (left / 60) % 60, left % 60];
  return h >= 1 ? `${Math.floor(h)}:${pad(m)}:${pad(s)}` : `${Math.floor(m)}:${pad(s)}`;
}
