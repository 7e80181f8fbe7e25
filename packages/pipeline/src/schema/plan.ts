import { UniArmError } from "@uniarm/core/schema";
import type { JobNode } from "./graph.ts";
import { JOBS, type LaunchKind, type WorkKind } from "./kinds.ts";
import { readConfig, type PlannedRun } from "./problems.ts";
import { referencesIn } from "./references-in.ts";

/** What a launch comes to: its parsed config, and its jobs, producers before consumers. */
export interface Plan {
  kind: LaunchKind;
  config: unknown;
  nodes: JobNode[];
  /** of a sweep: its runs, which have nodes of their own */
  children: PlannedRun[];
}

/** The only way from a config to jobs. @throws UniArmError config-invalid with each setting that does not fit */
export function planLaunch(kind: LaunchKind, given: unknown): Plan {
  const read = readConfig(kind, given);
  if ("config" in read) return { kind, config: read.config, nodes: read.nodes, children: read.children };
  const lines = read.problems.map(({ at, message }) => `  ${at || "config"}: ${message}`);
  throw new UniArmError("config-invalid", `The config of this ${kind} does not fit:\n${lines.join("\n")}`);
}

/**
 * Whether the inputs that a job is given are those that its config names.
 * @throws UniArmError input-unknown, input-absent
 */
export function checkInputs(kind: WorkKind, config: unknown, given: readonly string[]): void {
  const known: readonly string[] = JOBS[kind].inputs;
  const unknown = given.find((name) => !known.includes(name));
  if (unknown !== undefined)
    throw new UniArmError(
      "input-unknown",
      `${kind} has no input "${unknown}": it reads ${known.join(", ") || "none"}.`,
    );
  for (const reference of referencesIn(kind, config))
    if (reference.type === "input" && !given.includes(reference.name))
      throw new UniArmError(
        "input-absent",
        `The config names input:${reference.name}, which no run gives. Add {"input": "${reference.name}", "run": ID, "output": NAME} to inputs, or write a path.`,
      );
}
