import type { Run } from "@uniarm/client";
import type { GitState } from "@uniarm/core/schema";

/** Where a run was asked for, and what its newest attempt ran with; empty where neither is known. */
export function provenanceText({ launchedFrom, attempts }: Pick<Run, "launchedFrom" | "attempts">): string {
  const lines: string[] = [];
  if (launchedFrom) {
    const { command, folder, host, git } = launchedFrom;
    lines.push(`launched by ${command}`, `in ${folder} on ${host}, ${git ? commitText(git) : "no git checkout"}`);
  }
  const ranWith = attempts.findLast(({ provenance }) => provenance !== null);
  if (ranWith) {
    const { version, git, engine, packages, system } = ranWith.provenance!;
    const { host, cpu, architecture, cores, memoryBytes, gpus } = system;
    const machine = [cpu ?? architecture, `${cores} cores`, `${(memoryBytes / 1e9).toFixed(0)} GB`, ...gpus];
    lines.push(
      `attempt ${ranWith.number} ran UniARM ${version}${git ? `, ${commitText(git)}` : ""}, Node ${packages.node}, ${engine ? `engine ${engine.name} ${engine.version} on ${engine.device}` : "no engine"}`,
      `on ${host}: ${machine.join(", ")}`,
    );
  }
  return lines.map((line) => `${line}\n`).join("");
}

const commitText = ({ commit, isDirty }: GitState): string =>
  `commit ${commit.slice(0, 12)}${isDirty ? " with changes" : ""}`;
