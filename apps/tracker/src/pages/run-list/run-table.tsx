import {
  rowSelectionFeature,
  tableFeatures,
  useTable,
  type ColumnDef,
  type RowSelectionState,
} from "@tanstack/react-table";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useMemo, useRef } from "react";
import type { RunRow } from "../../api/types.ts";
import { NAME_COLUMN, NAME_PX } from "./column-widths.ts";
import type { RunColumn } from "./columns.tsx";
import { moveFocus } from "./move-focus.ts";
import { NoteRow } from "./note-row.tsx";
import { useRowFilterMenu } from "./row-filter-menu.tsx";
import type { ListRow } from "./rows.ts";
import { TableHead } from "./table-head.tsx";
import { TableRow, type TableRowActions } from "./table-row.tsx";
import { useHeadingDrag } from "./use-heading-drag.ts";
import { useInSight } from "./use-in-sight.ts";

const ROW_PX = 40;
const CHECK_PX = 40;
/** The next page is asked for when so few rows are left below. */
const AHEAD = 30;

const features = tableFeatures({ rowSelectionFeature });
const NO_COLUMNS: ColumnDef<typeof features, RunRow>[] = [];

export interface RunTableProps {
  runs: RunRow[];
  rows: readonly ListRow[];
  columns: readonly RunColumn[];
  /** width of the names; undefined: they take what is left */
  namePx: number | undefined;
  /** a column was dragged to the place of another */
  onOrder: (name: string, place: number) => void;
  onWidth: (name: string, px: number) => void;
  sort: string | undefined;
  onSort: (field: string) => void;
  chosen: RowSelectionState;
  onChosen: (chosen: RowSelectionState) => void;
  hasMore: boolean;
  onMore: () => void;
  /** shows or hides the runs of a study */
  onOpen: (id: string) => void;
  /** adds a comparison to the filter */
  onFilter: (term: string) => void;
  /** where curves are beside the table */
  curves?: TableCurves | undefined;
}

/** What the charts beside the table and its rows tell each other. */
export interface TableCurves {
  /** colour and dashes of the runs that are drawn */
  marks: ReadonlyMap<string, number>;
  /** rows came into sight, or left it */
  onInSight: (ids: readonly string[]) => void;
  /** a row is pointed at or has the focus; null: none */
  onLit: (id: string | null) => void;
}

/** Thousands of runs: only the rows in sight are in the document. */
export function RunTable({
  runs,
  rows,
  columns,
  namePx,
  onOrder,
  onWidth,
  sort,
  onSort,
  chosen,
  onChosen,
  hasMore,
  onMore,
  onOpen,
  onFilter,
  curves,
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
  useInSight(rows, virtual.range, curves?.onInSight);
  const light = (target: EventTarget): void => {
    const row = rows[Number((target as HTMLElement).closest<HTMLElement>("[data-index]")?.dataset.index)];
    curves?.onLit(row?.type === "run" ? row.run.id : null);
  };

  const drag = useHeadingDrag({ names: columns.map(({ name }) => name), onOrder, onWidth });
  const { resizing } = drag;
  const widthOf = (name: string, px: number): number => (resizing?.name === name ? resizing.px : px);
  const ownNamePx = resizing?.name === NAME_COLUMN ? resizing.px : namePx;
  const nameWidth = ownNamePx ?? NAME_PX;
  const widths = columns.map(({ name, widthPx }) => widthOf(name, widthPx));
  const template = `${CHECK_PX}px ${ownNamePx === undefined ? `minmax(${NAME_PX}px, 1fr)` : `${ownNamePx}px`} ${widths.map((px) => `${px}px`).join(" ")}`;
  const minWidth = CHECK_PX + nameWidth + widths.reduce((sum, px) => sum + px, 0);
  const howMany = useMemo(() => {
    const count = runs.filter(({ id }) => chosen[id] === true).length;
    return count === 0 ? false : count === runs.length ? true : ("indeterminate" as const);
  }, [runs, chosen]);
  const actions = useRef<TableRowActions>({ choose: () => undefined, open: () => undefined, filter: () => undefined });
  useEffect(() => {
    actions.current = { choose: (id, on) => table.getRow(id).toggleSelected(on), open: onOpen, filter: onFilter };
  });
  const filterMenu = useRowFilterMenu({ rows, columns, onFilter });
  const isTree = useMemo(() => rows.some((row) => row.type === "run" && row.isOpen !== null), [rows]);

  return (
    <div
      ref={scroll}
      role="table"
      aria-label="Runs"
      aria-rowcount={hasMore ? -1 : rows.length + 1}
      aria-colcount={columns.length + 2}
      tabIndex={0}
      onKeyDown={(event) => {
        if (!filterMenu.onKeyDown(event))
          moveFocus(event, rows, { scrollTo: (index) => virtual.scrollToIndex(index), onOpen });
      }}
      className="max-h-[75dvh] min-h-60 min-w-0 grow overflow-auto lg:max-h-none rounded-lg border border-line bg-surface"
    >
      <TableHead
        columns={columns}
        sort={sort}
        onSort={onSort}
        chosen={howMany}
        onChosen={(on) => table.toggleAllRowsSelected(on)}
        drag={drag}
        style={{ gridTemplateColumns: template, minWidth }}
      />
      {filterMenu.menu}
      <div
        role="rowgroup"
        className="relative"
        style={{ height: virtual.getTotalSize(), minWidth }}
        onPointerOver={({ target }) => light(target)}
        onPointerLeave={() => curves?.onLit(null)}
        onFocus={({ target }) => light(target)}
        onBlur={() => curves?.onLit(null)}
      >
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
              mark={curves && (curves.marks.get(row.run.id) ?? null)}
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
