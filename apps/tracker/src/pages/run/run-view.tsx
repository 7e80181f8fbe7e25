import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { ChevronRight } from "lucide-react";
import type { Run } from "../../api/types.ts";
import { RUN_TABS, type RunSearch } from "../../app/search.ts";
import { CopyButton } from "../../components/copy-button.tsx";
import { PageTitle } from "../../components/page-title.tsx";
import { RunLink } from "../../components/run-link.tsx";
import { StateBadge } from "../../components/state-badge.tsx";
import { Tabs } from "../../components/tabs.tsx";
import { ConfigTab } from "./config-tab.tsx";
import { EventsTab } from "./events-tab.tsx";
import { FilesTab } from "./files-tab.tsx";
import { LogsTab } from "./logs-tab.tsx";
import { MetricsTab } from "./metrics-tab.tsx";
import { NotesTab } from "./notes-tab.tsx";
import { OverviewTab } from "./overview-tab.tsx";
import { RunActions } from "./run-actions.tsx";
import { RunReason } from "./run-reason.tsx";
import { useLiveRun } from "./use-live-run.ts";

const LABELS: Record<(typeof RUN_TABS)[number], string> = {
  overview: "Overview",
  metrics: "Metrics",
  config: "Config",
  logs: "Log",
  files: "Files",
  events: "Events",
  notes: "Notes",
};

export function RunView({ run }: { run: Run }) {
  const search = useSearch({ from: "/shell/runs/$id" });
  const navigate = useNavigate({ from: "/runs/$id" });
  const set = (changes: Partial<RunSearch>): void =>
    void navigate({ search: (before) => ({ ...before, ...changes }), replace: true });
  const live = useLiveRun(run);
  const contents: Record<(typeof RUN_TABS)[number], () => React.ReactNode> = {
    overview: () => <OverviewTab run={run} />,
    metrics: () => <MetricsTab run={run} search={search} set={set} />,
    config: () => <ConfigTab run={run} />,
    logs: () => <LogsTab run={run} of={search.of} search={search.search ?? ""} set={set} news={live.logs} />,
    files: () => <FilesTab run={run} />,
    events: () => <EventsTab run={run} />,
    notes: () => <NotesTab run={run} />,
  };
  return (
    <>
      <nav aria-label="Where this is" className="mb-1 flex flex-wrap items-center gap-1 text-muted">
        <Link to="/runs" className="hover:underline">
          Runs
        </Link>
        {run.parent && (
          <>
            <ChevronRight aria-hidden className="size-3.5" />
            <RunLink id={run.parent.id} name={run.parent.name} />
          </>
        )}
        <ChevronRight aria-hidden className="size-3.5" />
        <code className="font-mono text-xs">{run.id}</code>
        <CopyButton text={() => run.id} label="Copy the id" />
      </nav>
      <PageTitle
        title={run.name}
        badge={
          <>
            <StateBadge state={run.state} stopping={run.state === "RUNNING" && run.desiredState === "CANCEL"} />
            <span className="text-muted">{run.kind}</span>
          </>
        }
        actions={<RunActions run={run} />}
      >
        <RunReason run={run} />
      </PageTitle>
      <Tabs
        label="Parts of the run"
        value={search.tab ?? "overview"}
        onChange={(tab) => set({ tab: tab === "overview" ? undefined : tab })}
        tabs={RUN_TABS.map((name) => ({ name, label: LABELS[name], content: contents[name] }))}
      />
    </>
  );
}
