// Reads {policies: {role: policy}, requests: [...]} as JSON from stdin and writes one decision for each request to stdout.
// Offline: the simulator's knowledge of actions, resources and condition keys comes in its npm packages.
import { readFileSync } from "node:fs";
import { runSimulation, runUnsafeSimulation } from "@cloud-copilot/iam-simulate";

const { policies, requests, organization } = JSON.parse(readFileSync(0, "utf8"));
const everything = { Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: "*", Resource: "*" }] };

function simulation({ role, principal, action, resource, account, context }) {
  const above = [{ name: "FullAccess", policy: everything }];
  if (organization) above.push({ name: "Organization", policy: organization });
  return {
    request: { principal, action, resource: { resource, accountId: account }, contextVariables: context },
    identityPolicies: [{ name: role, policy: policies[role] }],
    serviceControlPolicies: [{ orgIdentifier: "account", policies: above }],
    resourceControlPolicies: [],
  };
}

async function decide(request) {
  const asked = simulation(request);
  if (request.unchecked) {
    return { decision: runUnsafeSimulation(asked, {}), by: [], ignored: [], error: null };
  }
  const answer = await runSimulation(asked, {});
  if (answer.resultType !== "single") {
    const error = answer.errors ?? `${answer.resultType} result: name one resource`;
    return { decision: "Error", by: [], ignored: [], error: JSON.stringify(error) };
  }
  const { analysis, ignoredContextKeys } = answer.result;
  const allowing = analysis.identityAnalysis?.allowStatements ?? [];
  return {
    decision: answer.overallResult,
    by: allowing.map((each) => each.statement.sid() ?? ""),
    ignored: ignoredContextKeys ?? [],
    error: null,
  };
}

const decisions = [];
for (const request of requests) decisions.push(await decide(request));
process.stdout.write(JSON.stringify(decisions));
