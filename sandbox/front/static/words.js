// What each phase is in words, for servers and for releases: what goes on, and what happens when its time is up.

const SERVERS = {
  Plan: "Planning: what changes, and whether it may",
  "Confirm start": "May it start? A second person decides",
  Prepare: "Building the new fleet",
  Install: "Installing the new version on the new fleet",
  Attach: "Attaching the new hosts, until each is healthy",
  "Smoke test": "Testing the new fleet before it gets traffic",
  Ready: "The new fleet is ready; somebody finishes",
  "Confirm finish": "May traffic switch? A second person decides",
  Switch: "Traffic goes to the new fleet; devices move over",
  Bake: "Watching the new fleet under traffic",
  "Keep old": "The new fleet is live; the old one stands by",
  Retire: "Ending the fleet that is not needed",
  Close: "Closing: what happened is written down",
  "Confirm rollback": "Go back to the old fleet? A second person decides",
  "Confirm end": "End the old fleet now? A second person decides",
  "Switch back": "Going back: traffic returns to the old fleet",
  Failed: "A step failed. Somebody decides: try again, or give up",
  Discard: "Giving up: the new fleet is ended",
  Stuck: "Stuck. A person has to look",
};
const RELEASE = {
  Compare: "Comparing: which files differ from what is live",
  "Confirm start": "May it be enabled? A second person decides",
  "Copy files": "Copying what differs: files first, so that no page ever misses one",
  Verify: "Looking whether every file is there",
  Enable: "Enabling: new visitors get the new pages",
  "Tell the CDN": "Telling the CDN which pages have changed",
  Look: "Looking at the site as a visitor does",
  "Keep earlier": "The release is live",
  "Clean up": "Cleaning up what no kept release needs",
  Close: "Closing: what happened is written down",
  "Confirm rollback": "Go back to the earlier release? A second person decides",
  "Confirm end": "Clean up now? A second person decides",
  "Go back": "Going back: visitors get the earlier release",
  Failed: "A step failed. Somebody decides: try again, or give up",
  "Put back": "Giving up: what was copied is put back",
  Stuck: "Stuck. A person has to look",
};
const NOW = { deploy: SERVERS, release: RELEASE };
export const TROUBLE = new Set(["Failed", "Switch back", "Go back", "Put back", "Stuck", "Discard"]);
const TIMER_OF_RELEASES = {
  "Confirm start": ["to answer", "then it is given up"],
  "Keep earlier": ["until it cleans up", "until then one click goes back"],
  "Confirm end": ["to answer", "then the earlier release stays ready"],
};
const TIMER = {
  "Confirm start": ["to answer", "then it is given up"],
  Prepare: ["for the build", "then it counts as failed"],
  Ready: ["to finish", "then the new fleet is ended"],
  "Confirm finish": ["to answer", "then it is ready again, unswitched"],
  "Keep old": ["until the old fleet ends", "until then one click goes back"],
  "Confirm rollback": ["to answer", "then nothing changes"],
  "Confirm end": ["to answer", "then the old fleet is kept on"],
  Failed: ["to decide", "then it is given up"],
};

/** One sentence on a deployment: what it does now, or how it ended. */
export function headline({ kind, status, phases }) {
  const current = phases.filter((phase) => phase.status === "current");
  if (current.length) return NOW[kind][current.at(-1).name] ?? current.at(-1).name;
  const went = new Set(phases.filter((phase) => phase.status === "done").map((phase) => phase.name));
  const failed = phases.find((phase) => phase.status === "failed");
  if (status === "SUCCEEDED") return (kind === "release" ? releaseEnd : serversEnd)(went, failed);
  if (status === "RUNNING") return "On to the next step";
  return failed ? `Failed at ${failed.name}. A person has to look` : "Failed. A person has to look";
}

function serversEnd(went, failed) {
  if (went.has("Switch back")) return "Ended: traffic went back to the old fleet";
  if (went.has("Discard")) return failed ? `Ended: ${failed.name} failed, so the new fleet was given up` : "Ended without a switch: the new fleet was given up";
  return "Done: the new fleet is the only one";
}

function releaseEnd(went, failed) {
  if (went.has("Go back")) return "Ended: the earlier release is live again";
  if (went.has("Put back")) return failed ? `Ended: ${failed.name} failed, so it was not enabled` : "Ended: it was not enabled";
  return "Done: the release is live";
}

/** [what the time is for, what happens then]. */
export const timer = ({ kind }, phase) => (kind === "release" && TIMER_OF_RELEASES[phase.name]) || (TIMER[phase.name] ?? ["left", "then it goes on by itself"]);

/** Whether a deployment goes back or has failed: "bad", else "". */
export function mood({ status, phases }) {
  const trouble = phases.some((p) => p.status === "current" && TROUBLE.has(p.name));
  return trouble || ["FAILED", "TIMED_OUT", "ABORTED"].includes(status) ? "bad" : "";
}
