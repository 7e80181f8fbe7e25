import {
  rowSelectionFeature,
  tableFeatures,
  useTable,
  type ColumnDef,
  type RowSelectionState,
} from "@tanstack/react-table";
import { useVirtualizer } from "@tanstack/react-virtual";
import { ArrowDown, ArrowUp, ArrowUpDown } from "lucide-react";
import { useEffect, useMemo, useRef } from "react";
import type { RunRow } from "../../api/types.ts";
import { Checkbox } from "../../components/checkbox.tsx";
import { classes } from "../../components/classes.ts";
import type { RunColumn } from "./columns.tsx";
import { moveFocus } from "./move-focus.ts";
import { NoteRow } from "./note-row.tsx";
import type { ListRow } from "./rows.ts";
import { TableRow, type TableRowActions } from "./table-row.tsx";

const ROW_PX = 40;
const CHECK_PX = 40;
const NAME_PX = 200;
/** The next page is asked for when so few rows are left below. */
const AHEAD = 30;

const features = tableFeatures({ rowSelectionFeature });
const NO_COLUMNS: ColumnDef<typeof features, RunRow>[] = [];

export interface RunTableProps {
  runs: RunRow[];
  rows: readonly ListRow[];
  columns: readonly RunColumn[];
  sort: string | undefined;
  onSort: (field: string) => void;
  chosen: RowSelectionState;
  onChosen: (chosen: RowSelectionState) => void;
  hasMore: boolean;
  onMore: () => void;
  /** shows or hides the runs of a study */
  onOpen: (id: string) => void;
}

/** Thousands of runs: only the rows in sight are in the document. */
export function RunTable({
  runs,
  rows,
  columns,
  sort,
  onSort,
  chosen,
  onChosen,
  hasMore,
  onMore,
  onOpen,
}: RunTableProps) {
  const scroll = useRef<HTMLDivElement>(null);
  const table = useTable({
    features,
    columns: NO_COLUMNS,
    data: runs,
    getRowId: ({ id }: RunRow) => id,
    state: { rowSelection: chosen },
    onRowSelectionChange: (change) => onChosen(typeof change === "function" ? change(chosen) : change),
  });
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroll.current,
    estimateSize: () => ROW_PX,
    overscan: 8,
    useFlushSync: false, // frames before rows: what is not drawn in time is drawn in the next one
    getItemKey: (index) => keyOf(rows[index]!),
  });
  const shown = virtual.getVirtualItems();
  const last = shown.at(-1)?.index ?? 0;
  useEffect(() => {
    if (hasMore && last >= rows.length - AHEAD) onMore();
  }, [hasMore, last, rows.length, onMore]);

  const template = useMemo(
    () => `${CHECK_PX}px minmax(${NAME_PX}px, 1fr) ${columns.map(({ widthPx }) => `${widthPx}px`).join(" ")}`,
    [columns],
  );
  const minWidth = CHECK_PX + NAME_PX + columns.reduce((sum, { widthPx }) => sum + widthPx, 0);
  const howMany = useMemo(() => {
    const count = runs.filter(({ id }) => chosen[id] === true).length;
    return count === 0 ? false : count === runs.length ? true : ("indeterminate" as const);
  }, [runs, chosen]);
  const actions = useRef<TableRowActions>({ choose: () => undefined, open: () => undefined });
  useEffect(() => {
    actions.current = { choose: (id, on) => table.getRow(id).toggleSelected(on), open: onOpen };
  });
  const isTree = useMemo(() => rows.some((row) => row.type === "run" && row.isOpen !== null), [rows]);

  return (
    <div
      ref={scroll}
      role="table"
      aria-label="Runs"
      aria-rowcount={hasMore ? -1 : rows.length + 1}
      aria-colcount={columns.length + 2}
      tabIndex={0}
      onKeyDown={(event) => moveFocus(event, rows, { scrollTo: (index) => virtual.scrollToIndex(index), onOpen })}
      className="max-h-[75dvh] min-h-60 grow overflow-auto lg:max-h-none rounded-lg border border-line bg-surface"
    >
      <div
        role="row"
        aria-rowindex={1}
        className="sticky top-0 z-10 grid h-9 items-center border-b border-line bg-sunken text-xs font-semibold text-muted"
        style={{ gridTemplateColumns: template, minWidth }}
      >
        <span role="columnheader" className="flex justify-center">
          <Checkbox
            label="Choose all that are loaded"
            checked={howMany}
            onChange={(on) => table.toggleAllRowsSelected(on)}
          />
        </span>
        <Heading label="Name" field="name" sort={sort} onSort={onSort} />
        {columns.map(({ name, label, sort: field, numeric }) => (
          <Heading key={name} label={label} field={field} sort={sort} onSort={onSort} numeric={numeric === true} />
        ))}
      </div>
      <div role="rowgroup" className="relative" style={{ height: virtual.getTotalSize(), minWidth }}>
        {shown.map(({ index, key, start }) => {
          const row = rows[index]!;
          if (row.type === "note")
            return <NoteRow key={key} row={row} index={index} start={start} cells={columns.length + 2} />;
          return row.type === "group" ? (
            <div
              key={key}
              role="row"
              aria-rowindex={index + 2}
              className="absolute inset-x-0 flex h-[40px] items-center gap-2 border-b border-line bg-sunken px-3 font-semibold"
              style={{ transform: `translateY(${start}px)` }}
            >
              <span role="cell" aria-colspan={columns.length + 2}>
                {row.name} <span className="font-normal text-muted">{row.count}</span>
              </span>
            </div>
          ) : (
            <TableRow
              key={key}
              run={row.run}
              below={row.below}
              isOpen={row.isOpen}
              isTree={isTree}
              index={index}
              start={start}
              columns={columns}
              template={template}
              isChosen={chosen[row.run.id] === true}
              actions={actions}
            />
          );
        })}
      </div>
    </div>
  );
}

function keyOf(row: ListRow): string {
  if (row.type === "run") return row.run.id;
  return row.type === "group" ? `group ${row.name}` : `note ${row.study.id}`;
}

interface HeadingProps {
  label: string;
  field: string | null;
  sort: string | undefined;
  onSort: (field: string) => void;
  numeric?: boolean;
}

function Heading({ label, field, sort = "-created", onSort, numeric = false }: HeadingProps) {
  const direction =
    field === null ? undefined : sort === field ? "ascending" : sort === `-${field}` ? "descending" : "none";
  const Icon = direction === "ascending" ? ArrowUp : direction === "descending" ? ArrowDown : ArrowUpDown;
  return (
    <span role="columnheader" aria-sort={direction} className={classes("min-w-0 px-3", numeric && "text-right")}>
      {field === null ? (
        label
      ) : (
        <button
          type="button"
          title={`Sort by ${label}`}
          onClick={() => onSort(field)}
          className="inline-flex max-w-full items-center gap-1 hover:text-ink"
        >
          <span className="truncate">{label}</span>
          <Icon aria-hidden className={classes("size-3.5 shrink-0", direction === "none" && "opacity-40")} />
        </button>
      )}
    </span>
  );
}
