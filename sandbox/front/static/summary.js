// The scene in words, for those who do not see it.

import { wordOf } from "./fleets.js";

/** Devices, weights and fleets in a few sentences. */
export function summary({ devices, groups }, fleets) {
  const parts = [];
  if (devices) parts.push(`${devices.connected} of ${devices.count} devices online.`);
  const total = (groups ?? []).reduce((sum, group) => sum + (group.weight ?? 0), 0) || 1;
  if (groups?.length) parts.push(`Load balancer: ${groups.map((g) => `${g.name} ${Math.round((100 * (g.weight ?? 0)) / total)} %`).join(", ")}.`);
  for (const fleet of fleets.filter(Boolean)) {
    const count = fleet.hosts.reduce((sum, host) => sum + (host.devices ?? 0), 0);
    const words = new Map();
    fleet.hosts.forEach((host) => words.set(plain(host), (words.get(plain(host)) ?? 0) + 1));
    const hosts = [...words].map(([word, n]) => `${n} ${word}`).join(", ");
    parts.push(`${fleet.which}${fleet.version ? `, version ${fleet.version}` : ""}, ${fleet.state || "untagged"}: hosts: ${hosts}; ${count} devices.`);
  }
  return parts.join(" ");
}

const plain = (host) => wordOf(host).replace(/^\S+ /, "");
