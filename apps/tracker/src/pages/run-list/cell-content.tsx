import type { ReactNode } from "react";
import type { RunRow } from "../../api/types.ts";
import type { RunColumn } from "./columns.tsx";

interface CellContentProps {
  run: RunRow;
  column: RunColumn;
  onFilter: (term: string) => void;
}

/** What a cell shows; a value that a filter can ask for is a button that asks for it. */
export function CellContent({ run, column: { terms, cell }, onFilter }: CellContentProps): ReactNode {
  const content = cell(run);
  const asked = terms?.(run) ?? [];
  if (asked.length === 0) return content;
  const parts = Array.isArray(content) ? (content as ReactNode[]) : [content];
  return (
    <span className="flex items-center gap-1 overflow-hidden">
      {asked.map((term, index) => (
        <button
          key={term}
          type="button"
          tabIndex={-1} // = on the run's name has all of them: a row is one stop of the Tab key, not ten
          title={`Only runs with ${term}`}
          onClick={() => onFilter(term)}
          className="flex max-w-full min-w-0 items-center truncate rounded-full text-left underline-offset-2 hover:underline"
        >
          {parts[index]}
        </button>
      ))}
    </span>
  );
}
