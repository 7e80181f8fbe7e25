import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { follow } from "../live/follow.ts";
import { refreshRuns } from "./refresh-runs.ts";
import type { RunChange } from "./types.ts";

/** Lists are read anew at most this often, however much happens. */
const CALM_MS = 700;

/** Keeps every list of runs of a project current while the page is open. */
export function useLiveProject(project: string | null): void {
  const client = useQueryClient();
  useEffect(() => {
    if (project === null) return;
    const changed = new Set<string>();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const flush = (): void => {
      timer = undefined;
      const ids = [...changed];
      changed.clear();
      void refreshRuns(client, project, ids);
    };
    const end = follow({ project }, null, (news) => {
      if (news.type !== "runs" || news.ids.length === 0) return;
      news.ids.forEach((id) => changed.add(id));
      timer ??= setTimeout(flush, CALM_MS);
    });
    return () => {
      end();
      clearTimeout(timer);
    };
  }, [client, project]);
}

/** Tells what happens to a run after a number of its events, without gaps. For a component that has one run for all its life: `key={id}`. */
export function useRunChanges(id: string, after: number, onChange: (change: RunChange) => void): void {
  const told = useRef(onChange);
  const first = useRef(after);
  useEffect(() => {
    told.current = onChange;
  });
  useEffect(
    () =>
      follow({ run: id }, first.current, (news) => {
        if (news.type !== "change") return;
        first.current = news.change.sequence;
        told.current(news.change);
      }),
    [id],
  );
}
