// A list of messages on the screen, brought up to date with as little change as possible.

import { dateOf, el } from "./dom.js";

/** Replace only the items that look different, so that focus, scrolling and animations stay where they are. */
export function patch(list, wanted) {
  wanted.forEach(({ key, look, make }, index) => {
    const there = list.children[index];
    if (there?.dataset.key === key && there.dataset.look === look) return;
    const node = make();
    Object.assign(node.dataset, { key, look });
    if (there?.dataset.key === key) swap(there, node, list);
    else list.insertBefore(node, there ?? null);
  });
  while (list.children.length > wanted.length) list.lastElementChild.remove();
}

/** Draw `container` anew if `data` differs from what it shows; the focus goes to the same control again. */
export function refresh(container, data, make, otherwise = container) {
  const look = JSON.stringify(data);
  if (container.dataset.look === look) return;
  container.dataset.look = look;
  const focused = container.contains(document.activeElement) && document.activeElement.dataset.action;
  container.replaceChildren(...[make()].flat(Infinity).filter(Boolean));
  if (focused) (container.querySelector(`[data-action="${CSS.escape(focused)}"]`) ?? otherwise).focus();
}

/** Put `node` in the place of `there`; the focus goes to the same control in it, or to `otherwise`. */
function swap(there, node, otherwise) {
  const focused = there.contains(document.activeElement) && document.activeElement.dataset.action;
  there.replaceWith(node);
  if (focused) (node.querySelector(`[data-action="${CSS.escape(focused)}"]`) ?? otherwise).focus();
}

export const atEnd = (list) => list.scrollHeight - list.scrollTop - list.clientHeight < 80;

export const toEnd = (list) => { list.scrollTop = list.scrollHeight; };

/** A line between two days. */
export function day(at) {
  const name = dateOf(at);
  return { key: `day ${name}`, look: "", make: () => el("li", { class: "day" }, el("span", {}, name)) };
}
