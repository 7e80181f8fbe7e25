import { Link } from "@tanstack/react-router";
import type { Run } from "../../api/types.ts";
import { RunLink } from "../../components/run-link.tsx";
import { blamedRuns, type BlamedRun } from "./blamed-runs.ts";

/** More would push the page away; a parent's table of runs has them all. */
const MOST_SHOWN = 5;

/** Why a run is in its state; where others are to blame, their sentences with links to them. */
export function RunReason({ run }: { run: Run }) {
  const blamed = blamedRuns(run);
  if (blamed.length > 0) return <BlamedList run={run} blamed={blamed} />;
  const reason = [run.reason, run.waits].filter(Boolean).join("\n");
  if (reason === "") return null;
  const colour = run.state === "FAILED" ? "text-bad" : "text-muted";
  return <p className={`mt-1 whitespace-pre-wrap wrap-anywhere ${colour}`}>{reason}</p>;
}

function BlamedList({ run, blamed }: { run: Run; blamed: readonly BlamedRun[] }) {
  const isInside = run.children.length > 0;
  const left = blamed.length - MOST_SHOWN;
  return (
    <ul aria-label={isInside ? "Runs inside that failed" : "What keeps it from its inputs"} className="mt-1 text-bad">
      {blamed.slice(0, MOST_SHOWN).map(({ id, name, state, reason }) => (
        <li key={id} className="whitespace-pre-wrap wrap-anywhere">
          <RunLink id={id} name={name} /> {state === "FAILED" ? "failed" : "was cancelled"}
          {reason !== "" && `: ${reason}`}
        </li>
      ))}
      {left > 0 && (
        <li>
          <Link
            to="/runs"
            search={{ filter: `parent = ${run.id} state = FAILED`, children: true }}
            className="underline"
          >
            {left} more failed
          </Link>
        </li>
      )}
    </ul>
  );
}
