import type { Ref } from "react";
import type { Problem } from "@uniarm/pipeline/schema";

/** What keeps the config from being launched; each leads to its control. */
export function ProblemList({
  ref,
  problems,
  formId,
}: {
  ref: Ref<HTMLDivElement>;
  problems: readonly Problem[];
  formId: string;
}) {
  return (
    <div ref={ref} tabIndex={-1} role="alert" className="mb-4 rounded-lg border border-bad bg-bad-soft p-4 text-bad">
      <h2 className="font-semibold">
        {problems.length === 1 ? "One setting does not fit" : `${problems.length} settings do not fit`}
      </h2>
      <ul className="mt-1 list-disc pl-5">
        {problems.map(({ at, message }) => (
          <li key={at}>
            <a
              href={`#${formId}-${at}`}
              className="underline"
              onClick={(event) => {
                event.preventDefault();
                const control = document.getElementById(`${formId}-${at}`);
                for (let place = control?.closest("details"); place; place = place.parentElement?.closest("details"))
                  place.open = true;
                control?.scrollIntoView({ block: "center" });
                control?.focus();
              }}
            >
              <code className="font-mono">{at === "" ? "config" : at}</code>
            </a>
            : {message}
          </li>
        ))}
      </ul>
    </div>
  );
}
