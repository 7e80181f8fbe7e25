import { useInfiniteQuery } from "@tanstack/react-query";
import { quotedItems } from "@uniarm/core/schema";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import type { RowSelectionState } from "@tanstack/react-table";
import { ChartLine, ListTree, Rocket, Trash2 } from "lucide-react";
import { useCallback, useId, useMemo, useState } from "react";
import { isAway, sentenceOf } from "../../api/errors.ts";
import { queries } from "../../api/queries.ts";
import { useKeepList, useUrlList } from "../../api/url-list.ts";
import { useProject } from "../../app/project.ts";
import { RUN_GROUPS, type RunsSearch } from "../../app/search.ts";
import { Button, buttonLook } from "../../components/button.tsx";
import { Checkbox } from "../../components/checkbox.tsx";
import { EmptyState } from "../../components/empty-state.tsx";
import { PageTitle } from "../../components/page-title.tsx";
import { Select } from "../../components/select.tsx";
import { SkeletonRows } from "../../components/skeleton.tsx";
import { countText } from "../../text/number.ts";
import { BulkActions } from "./bulk-actions.tsx";
import { ColumnPicker } from "./column-picker.tsx";
import { movedTo, NAME_COLUMN, readWidths, widthItems } from "./column-widths.ts";
import { askedColumns, columnsOf, DEFAULT_COLUMNS } from "./columns.tsx";
import { CsvLink } from "./csv-link.tsx";
import { FilterBar } from "./filter-bar.tsx";
import { withTerm } from "./filter-terms.ts";
import { useNestedRuns } from "./nested-runs.ts";
import { nextSort, rowsOf } from "./rows.ts";
import { RunsAndCharts } from "./runs-and-charts.tsx";
import { SavedViews } from "./saved-views.tsx";
import { useOpenStudies } from "./use-open-studies.ts";

const PAGE = 100;
const GROUP_LABELS = { none: "No groups", group: "By group", kind: "By kind", state: "By state" };

export function RunListPage() {
  const { project: _, ...search } = useSearch({ from: "/shell/runs" });
  const {
    filter = "",
    sort,
    group = "none",
    archived = false,
    children = false,
    columns: columnText,
    columnsIn,
    widths: widthsText,
    widthsIn,
    open: openText,
    openIn,
    charts = false,
    keys,
    keysIn,
  } = search;
  const navigate = useNavigate({ from: "/runs" });
  const set = useCallback(
    (changes: Partial<RunsSearch>) => void navigate({ search: (before) => ({ ...before, ...changes }) }),
    [navigate],
  );
  const replace = useCallback(
    (changes: Partial<RunsSearch>) => void navigate({ search: (before) => ({ ...before, ...changes }), replace: true }),
    [navigate],
  );
  const { project, exists, isPending: isProjectPending } = useProject();
  const { items: kept, isPending: isKeptPending } = useUrlList({ text: undefined, id: columnsIn });
  const keepList = useKeepList();
  const names = useMemo(
    () => kept ?? (columnText === undefined ? DEFAULT_COLUMNS : (quotedItems(columnText) ?? [])),
    [kept, columnText],
  );
  const onColumns = (next: readonly string[]): void => {
    const { text, id } = keepList(next, (items) => items.join(",")); // fields have their quotes already
    set({ columns: text, columnsIn: id });
  };
  const { items: keptWidths } = useUrlList({ text: widthsText, id: widthsIn });
  const widths = useMemo(() => readWidths(keptWidths ?? []), [keptWidths]);
  const onWidth = (name: string, px: number): void => {
    const { text, id } = keepList(widthItems(new Map([...widths, [name, px]])));
    replace({ widths: text, widthsIn: id });
  };
  const columns = useMemo(() => columnsOf(names, widths), [names, widths]);
  const asked = {
    project,
    sort: group === "none" ? sort : group,
    columns: askedColumns(names),
    ...(filter === "" ? {} : { filter }),
    ...(children ? {} : { parent: "none" }),
    ...(archived ? { archived: "true" as const } : {}),
  };
  const query = useInfiniteQuery({
    ...queries.runPages({ ...asked, limit: PAGE }),
    enabled: exists && !isKeptPending,
    throwOnError: false, // a filter that cannot be read is said under it
  });
  const listed = useMemo(() => query.data?.pages.flatMap((page) => page.runs) ?? [], [query.data]);
  const { open, toggle } = useOpenStudies(
    { text: openText, id: openIn },
    { project, columns: askedColumns(names), ...(group === "none" ? { sort } : {}) },
    replace,
  );
  const rows = useMemo(() => rowsOf(listed, group, children ? null : open), [listed, group, children, open]);
  const runs = useMemo(() => rows.flatMap((row) => (row.type === "run" ? [row.run] : [])), [rows]);
  const [chosen, setChosen] = useState<RowSelectionState>({});
  const chosenRuns = useMemo(() => runs.filter(({ id }) => chosen[id] === true), [runs, chosen]);
  const { fetchNextPage, isFetchingNextPage, hasNextPage } = query;
  const more = useCallback(() => {
    if (!isFetchingNextPage) void fetchNextPage();
  }, [fetchNextPage, isFetchingNextPage]);
  const problem = query.error && !isAway(query.error) ? sentenceOf(query.error) : null;
  const nested = useNestedRuns({ project, filter, archived }, !children && query.isSuccess && problem === null);
  const showNested = (): void => set({ children: true });
  const isLoading = isProjectPending || (exists && query.isPending && problem === null);

  return (
    <div className="flex flex-col gap-3 lg:h-[calc(100dvh-6.5rem)]">
      {rows.length > 0 && (
        <button
          type="button"
          onClick={() => document.querySelector<HTMLElement>("[role=table] [data-index] a")?.focus()}
          className="sr-only focus:not-sr-only focus:self-start focus:rounded-md focus:bg-accent focus:px-3 focus:py-2 focus:text-accent-ink"
        >
          Skip to the first run
        </button>
      )}
      <PageTitle
        title="Runs"
        actions={
          <Link to="/launch" className={buttonLook("primary")}>
            <Rocket aria-hidden />
            Launch
          </Link>
        }
      />
      <div className="-mt-2 flex flex-wrap items-start gap-2">
        <FilterBar
          filter={filter}
          onFilter={(next) => set({ filter: next === "" ? undefined : next })}
          problem={problem}
          project={exists ? project : null}
          runs={runs}
        />
        <Select
          label="Group"
          value={group}
          onChange={(next) => set({ group: next === "none" ? undefined : next })}
          options={RUN_GROUPS.map((value) => ({ value, label: GROUP_LABELS[value] }))}
        />
        <ColumnPicker
          chosen={names}
          onChosen={onColumns}
          columns={columns}
          onWidth={onWidth}
          onReset={() => set({ columns: undefined, columnsIn: undefined, widths: undefined, widthsIn: undefined })}
          runs={runs}
        />
        <Button
          aria-pressed={charts}
          onClick={() => set({ charts: !charts || undefined })}
          className="aria-pressed:border-accent aria-pressed:bg-accent-soft"
        >
          <ChartLine aria-hidden />
          Charts
        </Button>
        <SavedViews search={search} project={exists ? project : null} />
        {rows.length > 0 && problem === null && <CsvLink asked={asked} />}
      </div>
      <div className="flex flex-wrap items-center gap-x-5 gap-y-2 text-muted">
        <Toggle
          label="Runs inside of studies"
          checked={children}
          onChange={(on) => set({ children: on || undefined })}
        />
        <Toggle label="Archived" checked={archived} onChange={(on) => set({ archived: on || undefined })} />
        <Link to="/trash" className="inline-flex items-center gap-1.5 text-accent underline-offset-2 hover:underline">
          <Trash2 aria-hidden className="size-4" />
          Trash
        </Link>
        <span className="ml-auto tabular-nums" role="status">
          {isLoading
            ? "…"
            : hasNextPage
              ? `${listed.length.toLocaleString("en-US")} loaded, more below`
              : countText(listed.length, "run")}
        </span>
        {nested !== null && rows.length > 0 && (
          <span>
            {nested} inside of studies fit, too.{" "}
            <Button size="small" onClick={showNested}>
              Show them
            </Button>
          </span>
        )}
      </div>
      {chosenRuns.length > 0 && <BulkActions runs={chosenRuns} onClear={() => setChosen({})} />}
      {isLoading ? (
        <SkeletonRows rows={10} />
      ) : problem !== null ? null : rows.length === 0 ? (
        <NoRuns isFiltered={filter !== "" || archived} nested={nested} onNested={showNested} />
      ) : (
        <RunsAndCharts
          charts={charts}
          keys={{ text: keys, id: keysIn }}
          onKeys={({ text, id }) => set({ keys: text, keysIn: id })}
          onClose={() => set({ charts: undefined })}
          table={{
            runs,
            rows,
            columns,
            namePx: widths.get(NAME_COLUMN),
            onOrder: (name, place) =>
              onColumns(
                movedTo(
                  columns.map((column) => column.name),
                  name,
                  place,
                ),
              ),
            onWidth,
            chosen,
            hasMore: hasNextPage,
            sort: group === "none" ? sort : undefined,
            onSort: (field) => set({ sort: nextSort(sort ?? "-created", field), group: undefined }),
            onChosen: setChosen,
            onMore: more,
            onOpen: toggle,
            onFilter: (term) => set({ filter: withTerm(filter, term) }),
          }}
        />
      )}
    </div>
  );
}

function Toggle({ label, checked, onChange }: { label: string; checked: boolean; onChange: (on: boolean) => void }) {
  const id = useId();
  return (
    <span className="inline-flex items-center gap-2">
      <Checkbox id={id} checked={checked} onChange={onChange} />
      <label htmlFor={id}>{label}</label>
    </span>
  );
}

function NoRuns({
  isFiltered,
  nested,
  onNested,
}: {
  isFiltered: boolean;
  /** runs inside of studies that fit, as words */
  nested: string | null;
  onNested: () => void;
}) {
  if (nested !== null)
    return (
      <EmptyState
        icon={ListTree}
        title="No run outside of studies fits."
        action={
          <Button look="primary" onClick={onNested}>
            Show the runs inside of studies
          </Button>
        }
      >
        {nested} inside of studies fit.
      </EmptyState>
    );
  if (isFiltered)
    return (
      <EmptyState icon={ListTree} title="No run fits.">
        Change the filter, or leave out part of it.
      </EmptyState>
    );
  return (
    <EmptyState
      icon={ListTree}
      title="No runs yet."
      action={
        <Link to="/" className={buttonLook("primary")}>
          To the overview, which launches the first
        </Link>
      }
    >
      What is launched appears here.
    </EmptyState>
  );
}
