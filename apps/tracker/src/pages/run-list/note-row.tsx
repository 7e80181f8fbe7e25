import { Link } from "@tanstack/react-router";
import type { ListRow } from "./rows.ts";

const WORDS = { loading: "Loading…", none: "It has no runs." };

interface NoteRowProps {
  row: Extract<ListRow, { type: "note" }>;
  index: number;
  start: number;
  /** columns of the table */
  cells: number;
}

/** In the place of a study's runs, or after the first of them. */
export const NoteRow = ({ row: { study, says }, index, start, cells }: NoteRowProps) => (
  <div
    role="row"
    aria-rowindex={index + 2}
    data-index={index}
    className="absolute inset-x-0 flex h-[40px] items-center border-b border-line pl-25 text-muted"
    style={{ transform: `translateY(${start}px)` }}
  >
    <span role="cell" aria-colspan={cells}>
      {says === "more" ? (
        <Link
          to="/runs"
          search={({ project }) => ({ project, filter: `parent = ${study.id}`, children: true })}
          className="text-accent underline-offset-2 hover:underline"
        >
          More runs of {study.name}
        </Link>
      ) : (
        WORDS[says]
      )}
    </span>
  </div>
);
