// Start: load what is needed, then follow the stream of events.

import { follow } from "./api.js";
import * as clock from "./clock.js";
import * as composer from "./composer.js";
import { byId } from "./dom.js";
import { drawFleets } from "./fleets.js";
import { drawMachine } from "./machine.js";
import * as messages from "./messages.js";
import { knowNames, loadEmoji } from "./mrkdwn.js";
import { drawTraffic } from "./traffic.js";

function theme() {
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  const set = (name) => { document.documentElement.dataset.theme = name; };
  set(localStorage.getItem("theme") ?? (dark ? "dark" : "light"));
  byId("theme").addEventListener("click", () => {
    set(document.documentElement.dataset.theme === "dark" ? "light" : "dark");
    localStorage.setItem("theme", document.documentElement.dataset.theme);
  });
}

theme();
composer.start();
clock.start();
byId("newer").addEventListener("click", messages.toEnd);
await loadEmoji();

follow({
  channel(channel) {
    knowNames([...channel.people, channel.bot]);
    messages.reset(channel);
    composer.setPeople(channel.people);
    messages.toEnd();
  },
  message: messages.put,
  view(picture) {
    clock.show(picture.clock);
    drawMachine(picture.machine);
    drawTraffic(picture);
    drawFleets(picture.fleets);
  },
  link(up) {
    byId("link").textContent = up ? "live" : "reconnecting…";
    byId("link").dataset.up = String(up);
  },
});
