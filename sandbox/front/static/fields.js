// Input blocks as form fields with label, hint and error, and their state as Slack sends it.

import { el } from "./dom.js";
import { plain, textObject } from "./mrkdwn.js";
import { world } from "./world.js";

const readers = new WeakMap(); // field -> () => its state
let made = 0;

/** A field with its label. `errors`: text by block id; `kept`: state by block id and action id, from an earlier form. */
export function field(block, { errors = {}, kept = {} } = {}) {
  const { element } = block;
  const id = `field${(made += 1)}`;
  const error = errors[block.block_id];
  const described = [block.hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(" ") || null;
  const aria = { "aria-describedby": described, "aria-invalid": error ? "true" : null };
  const state = kept[block.block_id]?.[element.action_id];
  const make = KINDS[element.type] ?? KINDS.plain_text_input;
  const { node, read, group } = make(element, { id, aria, state, required: !block.optional });
  const label = [plain(block.label.text), block.optional && el("span", { class: "muted" }, " (optional)")];
  const box = el(group ? "fieldset" : "div", { class: `field${error ? " wrong" : ""}`, ...(group ? { role: group, ...aria } : {}) },
    group ? el("legend", {}, label) : el("label", { for: id }, label),
    node,
    block.hint && el("p", { class: "hint", id: `${id}-hint` }, plain(block.hint.text)),
    error && el("p", { class: "error", id: `${id}-error` }, el("span", { "aria-hidden": "true" }, "⚠ "), el("span", { class: "sr" }, "Error: "), plain(error)));
  return register(box, block, element, read);
}

/** A select outside an input block: `act` is called with what was chosen. */
export function choice(element, block, act, { kept = {} } = {}) {
  const aria = { "aria-label": element.accessibility_label ?? plain(element.placeholder?.text ?? "Choose") };
  const { node, read } = select(element, { aria, state: kept[block.block_id]?.[element.action_id] });
  node.dataset.action = `${block.block_id}/${element.action_id}`;
  node.addEventListener("change", () => {
    if (node.value) act({ action_id: element.action_id, block_id: block.block_id, selected: node.value }, node);
  });
  return register(node, block, element, read);
}

function register(node, block, element, read) {
  Object.assign(node.dataset, { block: block.block_id, element: element.action_id });
  readers.set(node, read);
  return node;
}

/** What stands in the fields now: state by block id and action id. */
export function values(form) {
  const found = {};
  for (const node of form.querySelectorAll("[data-element]")) {
    (found[node.dataset.block] ??= {})[node.dataset.element] = readers.get(node)();
  }
  return found;
}

/** What Slack itself refuses: fields that must be filled in and are not. */
export function missing(view, given) {
  const wrong = {};
  for (const block of view.blocks.filter((each) => each.type === "input" && !each.optional)) {
    const state = given[block.block_id]?.[block.element.action_id] ?? {};
    const there = state.value?.trim() || state.selected_option || state.selected_user || state.selected_options?.length;
    if (!there) wrong[block.block_id] = "Please fill this in.";
  }
  return wrong;
}

const KINDS = {
  plain_text_input: text,
  static_select: select,
  users_select: person,
  radio_buttons: (element, more) => boxes(element, more, "radio"),
  checkboxes: (element, more) => boxes(element, more, "checkbox"),
};

function text(element, { id, aria, state, required }) {
  const shared = {
    id, ...aria, "aria-required": required ? "true" : null, spellcheck: "false", data: { action: id },
    maxlength: element.max_length, minlength: element.min_length, placeholder: element.placeholder && plain(element.placeholder.text),
  };
  const node = element.multiline ? el("textarea", { ...shared, rows: 3 }) : el("input", { ...shared, type: "text" });
  node.value = (state ? state.value : element.initial_value) ?? "";
  return { node, read: () => ({ type: "plain_text_input", value: node.value || null }) };
}

function select(element, { id, aria, state, required }) {
  const groups = element.option_groups ?? [];
  const all = [...(element.options ?? []), ...groups.flatMap((group) => group.options)];
  const one = (option) => el("option", { value: option.value }, plain(option.text.text));
  const node = el("select", { id, ...aria, "aria-required": required ? "true" : null },
    el("option", { value: "" }, plain(element.placeholder?.text ?? "Choose")),
    (element.options ?? []).map(one),
    groups.map((group) => el("optgroup", { label: plain(group.label.text) }, group.options.map(one))));
  node.value = (state ? state.selected_option : element.initial_option)?.value ?? "";
  const chosen = () => all.find((option) => option.value === node.value) ?? null;
  return { node, read: () => ({ type: "static_select", selected_option: chosen() }) };
}

/** Everybody of the workspace, as Slack offers them. */
function person(element, more) {
  const options = world.persons.map(({ id, name }) => ({ value: id, text: { type: "plain_text", text: name } }));
  const chosen = (user) => ({ selected_option: user ? { value: user } : null });
  const state = more.state && chosen(more.state.selected_user);
  const { node } = select({ ...element, options, initial_option: chosen(element.initial_user).selected_option }, { ...more, state });
  return { node, read: () => ({ type: "users_select", selected_user: node.value || null }) };
}

function boxes(element, { id, state }, type) {
  const before = state ?? { selected_option: element.initial_option, selected_options: element.initial_options };
  const on = new Set([before.selected_option, ...(before.selected_options ?? [])].filter(Boolean).map((each) => each.value));
  const inputs = element.options.map((option) => {
    const input = el("input", { type, name: id, value: option.value });
    input.checked = on.has(option.value);
    return input;
  });
  const node = el("div", { class: "options" }, element.options.map((option, index) =>
    el("label", { class: "option" }, inputs[index],
      el("span", {}, textObject(option.text), option.description && el("span", { class: "muted" }, " ", textObject(option.description))))));
  const picked = () => element.options.filter((_, index) => inputs[index].checked);
  const read = type === "radio"
    ? () => ({ type: "radio_buttons", selected_option: picked()[0] ?? null })
    : () => ({ type: "checkboxes", selected_options: picked() });
  return { node, read, group: type === "radio" ? "radiogroup" : "group" };
}
