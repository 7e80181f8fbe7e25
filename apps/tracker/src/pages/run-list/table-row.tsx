import { ChevronRight } from "lucide-react";
import { memo } from "react";
import type { RunRow } from "../../api/types.ts";
import { LineMark } from "../../charts/series-mark.tsx";
import { Checkbox } from "../../components/checkbox.tsx";
import { classes } from "../../components/classes.ts";
import { RunLink } from "../../components/run-link.tsx";
import { CellContent } from "./cell-content.tsx";
import type { RunColumn } from "./columns.tsx";

export interface TableRowActions {
  choose: (id: string, on: boolean) => void;
  open: (id: string) => void;
  /** adds a comparison to the filter */
  filter: (term: string) => void;
}

export interface TableRowProps {
  run: RunRow;
  /** name of the study that it stands below */
  below: string | null;
  /** whether its runs are shown; null: it has none */
  isOpen: boolean | null;
  /** the list has rows that open: names leave room for the button */
  isTree: boolean;
  index: number;
  start: number;
  columns: readonly RunColumn[];
  template: string;
  isChosen: boolean;
  /** colour and dashes of its curve; null: the charts beside the table leave it out; undefined: there are none */
  mark: number | null | undefined;
  actions: React.RefObject<TableRowActions>;
}

/** A run of the list. */
export const TableRow = memo(function TableRow(props: TableRowProps) {
  const { run, below, isOpen, isTree, index, start, columns, template, isChosen, mark, actions } = props;
  return (
    <div
      role="row"
      aria-rowindex={index + 2}
      aria-selected={isChosen}
      data-index={index}
      className={classes(
        "absolute inset-x-0 grid h-[40px] items-center border-b border-line hover:bg-sunken",
        isChosen && "bg-accent-soft",
      )}
      style={{ transform: `translateY(${start}px)`, gridTemplateColumns: template }}
    >
      <span role="cell" className="flex justify-center">
        <Checkbox
          label={`Choose ${run.name}`}
          checked={isChosen}
          onChange={(on) => actions.current.choose(run.id, on)}
        />
      </span>
      <span
        role="cell"
        className={classes("flex min-w-0 items-center gap-1 px-3", isTree && "pl-1", below !== null && "pl-8")}
      >
        {isOpen !== null ? (
          <button
            type="button"
            aria-expanded={isOpen}
            aria-label={`Runs of ${run.name}`}
            onClick={() => actions.current.open(run.id)}
            className="flex size-6 shrink-0 items-center justify-center rounded hover:bg-accent-soft"
          >
            <ChevronRight aria-hidden className={classes("size-4", isOpen && "rotate-90")} />
          </button>
        ) : (
          isTree && <span className="size-6 shrink-0" />
        )}
        {mark !== undefined && <span className="w-6 shrink-0">{mark !== null && <LineMark index={mark} />}</span>}
        {below !== null && <span className="sr-only">in {below}: </span>}
        <RunLink id={run.id} name={run.name} className="truncate" />
        {below === null && run.parentName !== null && (
          <span className="min-w-0 shrink-9 truncate text-muted" title={`in ${run.parentName}`}>
            in {run.parentName}
          </span>
        )}
      </span>
      {columns.map((column) => (
        <span
          key={column.name}
          role="cell"
          className={classes("min-w-0 overflow-hidden px-3 whitespace-nowrap", column.numeric === true && "text-right")}
        >
          <CellContent run={run} column={column} onFilter={(term) => actions.current.filter(term)} />
        </span>
      ))}
    </div>
  );
});
