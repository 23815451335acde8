// Where one can be and whom one can be: channels with what is unread, the app, and people to act as.

import { byId, el } from "./dom.js";
import { avatar } from "./message.js";
import { refresh } from "./patch.js";
import { actAs, goTo, HOME, unread, watch, world } from "./world.js";

export function start() {
  watch(() => {
    refresh(byId("channels"), [world.channels.map((each) => [each, unread(each.id)]), world.place], channels);
    refresh(byId("apps"), [world.bot, world.place], apps);
    refresh(byId("people"), world.persons, people);
    for (const radio of byId("people").querySelectorAll("input")) radio.checked = radio.value === world.me;
    heading();
  });
}

function channels() {
  return world.channels.map(({ id, name }) => {
    const count = world.place === id ? 0 : unread(id);
    return place(id, count > 0, el("span", { class: "hash", "aria-hidden": "true" }, "#"), el("span", { class: "grow" }, name),
      count > 0 && el("span", { class: "unread" }, String(count), el("span", { class: "sr" }, " unread")));
  });
}

function apps() {
  return place(HOME, false, avatar(world.bot), el("span", { class: "grow" }, world.bot.name), el("span", { class: "muted" }, "Home"));
}

function place(id, fresh, ...children) {
  return el("li", {}, el("button", {
    type: "button", class: `place${fresh ? " fresh" : ""}`, data: { action: id },
    "aria-current": world.place === id ? "page" : null, on: { click: () => goTo(id) },
  }, children));
}

function people() {
  return [el("legend", {}, "Act as"), ...world.persons.map((person) => {
    const change = () => actAs(person.id);
    const radio = el("input", { type: "radio", name: "person", value: person.id, data: { action: person.id }, on: { change } });
    return el("label", { class: "person", title: `${person.name} ${person.about}` }, radio, avatar(person),
      el("span", { class: "who" }, person.name), el("span", { class: "role" }, person.about));
  })];
}

function heading() {
  const home = world.place === HOME;
  const channel = world.channels.find((each) => each.id === world.place);
  const name = home ? world.bot.name : `#${channel.name}`;
  byId("place").textContent = name;
  byId("part").textContent = home ? "Home" : "";
  byId("acting").replaceChildren("Acting as ", el("strong", {}, world.people[world.me].name));
  byId("composer").hidden = home;
  byId("say").placeholder = `Message ${name}, or type / for commands`;
}
