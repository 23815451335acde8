// What each phase of a deployment is in words: what goes on, and what happens when its time is up.

const NOW = {
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
export const TROUBLE = new Set(["Failed", "Switch back", "Stuck", "Discard"]);
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
export function headline({ status, phases }) {
  const current = phases.filter((phase) => phase.status === "current");
  if (current.length) return NOW[current.at(-1).name] ?? current.at(-1).name;
  const went = new Set(phases.filter((phase) => phase.status === "done").map((phase) => phase.name));
  const failed = phases.find((phase) => phase.status === "failed");
  if (status === "SUCCEEDED") {
    if (went.has("Switch back")) return "Ended: traffic went back to the old fleet";
    if (went.has("Discard")) return failed ? `Ended: ${failed.name} failed, so the new fleet was given up` : "Ended without a switch: the new fleet was given up";
    return "Done: the new fleet is the only one";
  }
  if (status === "RUNNING") return "On to the next step";
  return failed ? `Failed at ${failed.name}. A person has to look` : "Failed. A person has to look";
}

/** [what the time is for, what happens then]. */
export const timer = (phase) => TIMER[phase.name] ?? ["left", "then it goes on by itself"];

/** Whether a deployment goes back or has failed: "bad", else "". */
export function mood({ status, phases }) {
  const trouble = phases.some((p) => p.status === "current" && TROUBLE.has(p.name));
  return trouble || ["FAILED", "TIMED_OUT", "ABORTED"].includes(status) ? "bad" : "";
}
