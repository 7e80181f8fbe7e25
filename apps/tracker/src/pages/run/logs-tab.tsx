import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useVirtualizer } from "@tanstack/react-virtual";
import { ArrowDownToLine } from "lucide-react";
import { useEffect, useId, useMemo, useRef, useState } from "react";
import { api } from "../../api/client.ts";
import { queries } from "../../api/queries.ts";
import type { LogLine, Run } from "../../api/types.ts";
import type { RunSearch } from "../../app/search.ts";
import { Button } from "../../components/button.tsx";
import { Checkbox } from "../../components/checkbox.tsx";
import { classes } from "../../components/classes.ts";
import { Input } from "../../components/input.tsx";
import { RunLink } from "../../components/run-link.tsx";
import { Select } from "../../components/select.tsx";
import { Skeleton } from "../../components/skeleton.tsx";
import { ShownPiece } from "../../terminal/shown-piece.tsx";
import { download, fileName } from "../../text/download.ts";
import { countText } from "../../text/number.ts";
import { clockTime, exactTime } from "../../text/time.ts";
import { linesWith, logLines, type ShownLine } from "./log-lines.ts";
import { useLiveRun } from "./use-live-run.ts";

const PAGE = 1000;
const LINE_PX = 20;
/** This near to the end counts as the end: new lines are followed. */
const NEAR_PX = 40;

export interface LogsTabProps {
  run: Run;
  /** id of the run inside of it whose log is shown */
  of: string | undefined;
  search: string;
  set: (changes: Partial<RunSearch>) => void;
  /** changes whenever the log grows */
  news: number;
}

/** The log of a run, or of one inside of it. */
export function LogsTab({ run, of, search, set, news }: LogsTabProps) {
  const part = run.children.find(({ id }) => id === of);
  const shown = { search, set };
  return (
    <div className="flex flex-col gap-3">
      {run.children.length > 0 && <PartChoice run={run} of={part?.id} onChoose={(id) => set({ of: id })} />}
      {part ? <LogOfPart key={part.id} id={part.id} {...shown} /> : <Log run={run} news={news} {...shown} />}
    </div>
  );
}

const ITSELF = "itself";

/** Runs inside write logs of their own. */
function PartChoice({ run, of, onChoose }: { run: Run; of: string | undefined; onChoose: (id?: string) => void }) {
  const parts = run.children.map(({ id, name, state }) => ({ value: id, label: `${name}, ${state.toLowerCase()}` }));
  return (
    <div className="flex flex-wrap items-center gap-2">
      <Select
        label="Log of"
        className="max-w-full min-w-60"
        value={of ?? ITSELF}
        options={[{ value: ITSELF, label: `${run.name} itself` }, ...parts]}
        onChange={(id) => onChoose(id === ITSELF ? undefined : id)}
      />
      {of !== undefined && <RunLink id={of} name="Its page" />}
    </div>
  );
}

function LogOfPart({ id, ...shown }: { id: string } & Pick<LogsTabProps, "search" | "set">) {
  const { data } = useQuery(queries.run(id));
  return data ? <LiveLog run={data} {...shown} /> : <Skeleton className="h-[60dvh]" />;
}

function LiveLog({ run, ...shown }: Pick<LogsTabProps, "run" | "search" | "set">) {
  const { logs } = useLiveRun(run);
  return <Log run={run} news={logs} {...shown} />;
}

function Log({ run, search, set, news }: Omit<LogsTabProps, "of">) {
  const [draft, setDraft] = useState(search);
  const [withTimes, setWithTimes] = useState(false);
  const timesId = useId();
  const { lines, isPending } = useLog(run.id, news);
  const all = useMemo(() => logLines(lines), [lines]);
  const shown = useMemo(() => linesWith(all, search), [all, search]);
  return (
    <div className="flex flex-col gap-3">
      <form
        role="search"
        className="flex flex-wrap items-center gap-2"
        onSubmit={(event) => {
          event.preventDefault();
          set({ search: draft === "" ? undefined : draft });
        }}
      >
        <Input
          data-page-search
          aria-label="Find in the log"
          placeholder="Find in the log"
          value={draft}
          maxLength={200}
          onChange={(event) => setDraft(event.target.value)}
          className="max-w-80"
        />
        <Button type="submit">Find</Button>
        <span className="inline-flex items-center gap-2">
          <Checkbox id={timesId} checked={withTimes} onChange={setWithTimes} />
          <label htmlFor={timesId}>Times</label>
        </span>
        <Button
          look="ghost"
          onClick={() =>
            download(fileName(`${run.name}-log`, "txt"), lines.map(({ text }) => text).join(""), "text/plain")
          }
        >
          <ArrowDownToLine aria-hidden />
          Save
        </Button>
        <span role="status" className="ml-auto text-muted tabular-nums">
          {countText(shown.length, "line")}
          {search !== "" && " found"}
        </span>
      </form>
      {isPending ? <Skeleton className="h-[60dvh]" /> : <LogList lines={shown} withTimes={withTimes} search={search} />}
    </div>
  );
}

/** All of the log, read page by page, then new lines as they come. */
function useLog(id: string, news: number): { lines: LogLine[]; isPending: boolean } {
  const { data, isPending, isFetching, fetchNextPage } = useInfiniteQuery({
    queryKey: ["logs", id],
    queryFn: ({ pageParam }) =>
      api.logs.read.query({
        id,
        limit: PAGE,
        ...(pageParam === null ? {} : { cursor: pageParam }),
      }),
    initialPageParam: null as string | null,
    getNextPageParam: ({ nextCursor }) => nextCursor,
    staleTime: Infinity, // what was written stays as it is: only the end is read again
    refetchOnWindowFocus: false,
  });
  const isLastFull = data?.pages.at(-1)?.lines.length === PAGE;
  const read = useRef(-1);
  useEffect(() => {
    if (isFetching || !data) return;
    if (isLastFull || read.current !== news) {
      read.current = news;
      void fetchNextPage();
    }
  }, [isFetching, isLastFull, news, data, fetchNextPage]);
  const lines = useMemo(() => data?.pages.flatMap((page) => page.lines) ?? [], [data]);
  return { lines, isPending };
}

function LogList({ lines, withTimes, search }: { lines: readonly ShownLine[]; withTimes: boolean; search: string }) {
  const scroll = useRef<HTMLDivElement>(null);
  const follows = useRef(true);
  const virtual = useVirtualizer({
    count: lines.length,
    getScrollElement: () => scroll.current,
    estimateSize: () => LINE_PX,
    overscan: 20,
  });
  useEffect(() => {
    if (follows.current && lines.length > 0) scroll.current?.scrollTo({ top: lines.length * LINE_PX });
  }, [lines.length]);
  if (lines.length === 0)
    return (
      <p className="rounded-lg border border-line bg-surface p-4 text-muted">
        {search === "" ? "Nothing was written yet." : "No line contains that."}
      </p>
    );
  return (
    <div
      ref={scroll}
      tabIndex={0}
      role="log"
      aria-label="Log"
      onScroll={({ currentTarget: { scrollTop, clientHeight, scrollHeight } }) => {
        follows.current = scrollTop + clientHeight >= scrollHeight - NEAR_PX;
      }}
      className="h-[60dvh] overflow-auto rounded-lg border border-line bg-surface font-mono text-xs"
    >
      <div className="relative min-w-max" style={{ height: virtual.getTotalSize() }}>
        {virtual.getVirtualItems().map(({ index, key, start }) => (
          <Line key={key} line={lines[index]!} start={start} withTimes={withTimes} />
        ))}
      </div>
    </div>
  );
}

function Line({ line, start, withTimes }: { line: ShownLine; start: number; withTimes: boolean }) {
  return (
    <div
      className="absolute flex h-[20px] min-w-full items-center gap-3 px-3 whitespace-pre hover:bg-sunken"
      style={{ transform: `translateY(${start}px)` }}
    >
      <span aria-hidden className="w-4 shrink-0 text-right text-muted" title={`attempt ${line.attempt}`}>
        {line.attempt}
      </span>
      {withTimes && (
        <time dateTime={line.time} title={exactTime(line.time)} className="shrink-0 text-muted">
          {clockTime(line.time)}
        </time>
      )}
      {line.stream === "stdout" ? null : (
        <span className={classes("shrink-0", line.stream === "stderr" ? "text-bad" : "text-muted")}>{line.stream}</span>
      )}
      <span>
        {line.pieces.map((piece, index) => (
          <ShownPiece key={index} piece={piece} />
        ))}
      </span>
    </div>
  );
}
