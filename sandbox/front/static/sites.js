// The website: which version each location of the CDN shows, and what people who read it have missed.

import { byId, draw, el } from "./dom.js";

const MODE = { pointer: "pointer mode", copy: "copy mode" };

export function drawSites(sites) {
  byId("sites").hidden = !sites;
  if (sites) draw(byId("sites"), sites, () => [el("h2", {}, "Website"), sites.map(site)]);
}

function site({ environment, mode, shown, readers }) {
  return el("div", { class: "site" },
    el("p", {}, el("b", {}, environment), el("span", { class: "muted" }, ` ${MODE[mode]}`)),
    el("p", { class: "edges" }, shown.map(edge), news(shown)),
    el("p", { class: "readers" }, reading(readers)));
}

const edge = (version, n) => el("span", { class: `chip${version ? "" : " none"}` }, `edge ${n + 1}: `, version ? el("b", {}, `version ${version}`) : "no release yet");

const news = (shown) => new Set(shown).size > 1 && el("span", { class: "waits" }, "… the news is on its way");

function reading(readers) {
  if (!readers) return el("span", { class: "muted" }, "Nobody reads it yet.");
  const missing = readers.missing;
  return [`${number(readers.pages)} pages and ${number(readers.files)} files read, `,
    el("b", { class: missing ? "bad" : "good" }, missing ? `✕ ${number(missing)} missing` : "✓ none missing")];
}

const number = (value) => value.toLocaleString("en-US");
