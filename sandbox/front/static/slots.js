// Which fleet stands where: a fleet keeps its place for as long as it is there. Pure.

const AGE = ["retired", "standby", "live", "building", ""];

export class Slots {
  constructor() {
    this.list = [null, null];
  }

  /** Take over fleets; each gets a color of its own, and a name for what it is: old or new. */
  follow(fleets, machines) {
    const known = new Map(fleets.map((fleet) => [fleet.name, fleet]));
    this.list = this.list.map((fleet) => known.get(fleet?.name) ?? null);
    const there = new Set(this.list.map((fleet) => fleet?.name));
    const newest = fleets.find((fleet) => made(fleet, machines)) ?? fleets.find((fleet) => fleet.state === "building");
    const rank = (fleet) => (fleet === newest ? AGE.length : AGE.indexOf(fleet.state));
    for (const fleet of fleets.filter((each) => !there.has(each.name)).sort((a, b) => rank(a) - rank(b))) {
      const free = this.list.indexOf(null);
      this.list[free < 0 ? this.list.length : free] = fleet;
    }
    while (this.list.length > 2 && this.list.at(-1) === null) this.list.pop();
    this.list = this.list.map((fleet) => fleet && describe(fleet, fleets, newest));
  }
}

/** The last deployment made it, be it in its first run or in a later one (`cameras-production-1-r2`). */
const made = (fleet, machines) => {
  const name = machines.at(-1)?.name;
  return Boolean(name && fleet.name && (name === fleet.name || name.startsWith(`${fleet.name}-r`)));
};

function describe(fleet, fleets, newest) {
  const other = fleets.find((each) => each !== fleet && each.side);
  const color = fleet.side || (other?.side === "blue" ? "green" : "blue");
  const which = fleets.length < 2 || !newest ? "Fleet" : fleet === newest ? "New fleet" : "Old fleet";
  const version = fleet.hosts.find((host) => host.version)?.version ?? "";
  return { ...fleet, color, which, version, hosts: fleet.hosts.map((host) => ({ ...host, color })) };
}
