// Start: load what is needed, then follow the stream of events.

import { follow } from "./api.js";
import * as builds from "./builds.js";
import * as clock from "./clock.js";
import * as composer from "./composer.js";
import * as countdown from "./countdown.js";
import { byId } from "./dom.js";
import { drawMachines } from "./machine.js";
import * as home from "./home.js";
import * as messages from "./messages.js";
import * as modal from "./modal.js";
import { knowNames, loadEmoji } from "./mrkdwn.js";
import * as rail from "./rail.js";
import { drawScene } from "./scene.js";
import { drawSites } from "./sites.js";
import * as thread from "./thread.js";
import { drawCounters } from "./traffic.js";
import { changed, load, put, world } from "./world.js";

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
for (const part of [builds, clock, countdown, rail, messages, thread, home, modal, composer]) part.start();
await loadEmoji();

follow({
  channel(channel) {
    knowNames([...channel.people, channel.bot], channel.channels);
    load(channel);
  },
  message: put,
  home({ user, view }) {
    world.homes[user] = view;
    changed({ home: user });
  },
  modal({ user, view }) {
    world.modals[user] = view;
    changed({ modal: user });
  },
  view(picture) {
    clock.show(picture.clock);
    countdown.pace(picture.clock.rate);
    drawMachines(picture.machines);
    drawScene(picture);
    drawCounters(picture.devices);
    drawSites(picture.sites);
    builds.show(Boolean(picture.builds));
  },
  link(up) {
    byId("link").textContent = up ? "live" : "reconnecting…";
    byId("link").dataset.up = String(up);
  },
});
