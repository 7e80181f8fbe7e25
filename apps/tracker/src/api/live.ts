import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { api } from "./client.ts";
import { connection } from "./connection.ts";
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
    const who = `project ${project}`;
    const subscription = api.runs.projectChanges.subscribe(
      { project },
      {
        onData: ({ data }) => {
          data.ids.forEach((id) => changed.add(id));
          timer ??= setTimeout(flush, CALM_MS);
        },
        onConnectionStateChange: (state) => follow(who, state),
      },
    );
    return () => {
      subscription.unsubscribe();
      clearTimeout(timer);
      connection.found(who);
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
  useEffect(() => {
    const who = `run ${id}`;
    const subscription = api.runs.changes.subscribe(
      { id, lastEventId: first.current },
      {
        onData: ({ data }) => {
          first.current = data.sequence;
          told.current(data);
        },
        onConnectionStateChange: (state) => follow(who, state),
      },
    );
    return () => {
      subscription.unsubscribe();
      connection.found(who);
    };
  }, [id]);
}

function follow(who: string, { state, error }: { state: string; error?: unknown }): void {
  if (state === "pending") connection.found(who);
  else if (state === "connecting" && error != null) connection.lost(who);
}
