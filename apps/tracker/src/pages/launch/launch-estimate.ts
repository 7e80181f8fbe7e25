import type { Outputs } from "../../api/types.ts";
import { bytesText } from "../../text/number.ts";
import { durationText } from "../../text/time.ts";

type Runs = Outputs["runs"]["estimate"]["runs"];

/** What the runs of a launch take together: their times added, the largest memory. Null: no run like them has ended. */
export function launchEstimate(runs: Runs): { time: string; memory: string | null; basis: string } | null {
  const known = runs.filter(({ estimate }) => estimate.seconds !== null);
  if (known.length === 0) return null;
  const sum = (which: "median" | "least" | "most"): number =>
    1000 * known.reduce((total, { estimate }) => total + estimate.seconds![which], 0);
  const peaks = known.flatMap(({ estimate }) => estimate.peakMemoryMb ?? []);
  const range = `${durationText(sum("least"))} to ${durationText(sum("most"))}`;
  const unknown = [...new Set(runs.filter((run) => !known.includes(run)).map(({ kind }) => kind))];
  return {
    time: `about ${durationText(sum("median"))} of work (${range})`,
    memory: peaks.length > 0 ? `up to ${bytesText(Math.max(...peaks) * 1e6)} in a process` : null,
    basis: [
      basisOf(known),
      ...(unknown.length > 0 ? [`Not counted, for none has ended yet: ${unknown.join(", ")}.`] : []),
    ].join(" "),
  };
}

function basisOf(known: Runs): string {
  const count = [...new Map(known.map(({ kind, estimate }) => [kind, estimate.runs])).values()].reduce(
    (a, b) => a + b,
    0,
  );
  const others = known.some(({ estimate }) => !estimate.isSameModel && estimate.seconds !== null);
  return `From ${count} ${count === 1 ? "run" : "runs"} that ended${others ? ", some of another base model" : ""}.`;
}
