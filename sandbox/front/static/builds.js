// The team's build server, where there is one: a version more of each service, to deploy.

import { post } from "./api.js";
import { byId, el } from "./dom.js";

const SERVICES = { cameras: "Build cameras", web: "Build web" };

export function start() {
  byId("builds").replaceChildren(...Object.entries(SERVICES).map(([service, label]) => el("li", {}, button(service, label))));
}

/** `up`: whether a build server answers. */
export function show(up) {
  byId("ci").hidden = !up;
}

function button(service, label) {
  const node = el("button", { type: "button", class: "place", on: { click: () => build(service, node) } },
    el("span", { class: "hash", "aria-hidden": "true" }, "📦"), el("span", { class: "grow" }, label));
  return node;
}

async function build(service, node) {
  node.disabled = true;
  byId("built").textContent = `${service} is being built …`;
  try {
    const { version } = await post("/_sandbox/build", { service });
    const name = version.startsWith(service) ? version : `${service} ${version}`; // a release's tag begins with its service
    byId("built").textContent = `${name} is there; the channel says what to do with it.`;
  } catch (error) {
    byId("built").textContent = `⚠ ${error.message}`;
  }
  node.disabled = false;
}
