import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { sentenceOf } from "../../api/errors.ts";
import { queries } from "../../api/queries.ts";
import { Panel } from "../../components/panel.tsx";
import { Skeleton } from "../../components/skeleton.tsx";
import type { LaunchKind } from "@uniarm/pipeline/schema";
import { launchEstimate } from "./launch-estimate.ts";

export interface EstimatePanelProps {
  kind: LaunchKind;
  config: Record<string, unknown>;
  /** nothing is asked for a config that cannot be launched */
  isValid: boolean;
  title?: string;
  className?: string;
}

/** Time and memory that the launch is likely to take, from runs that have ended. */
export function EstimatePanel({ kind, config, isValid, title = "Likely to take", className }: EstimatePanelProps) {
  const { data, error, isPending } = useQuery({
    ...queries.launchEstimate({ kind, config }),
    enabled: isValid,
    placeholderData: keepPreviousData,
    throwOnError: false,
  });
  const estimate = data && launchEstimate(data.runs);
  return (
    <Panel title={title} {...(className === undefined ? {} : { className })}>
      {error ? (
        <p className="text-muted">{sentenceOf(error)}</p>
      ) : !isValid && !data ? (
        <p className="text-muted">Known once the config can be launched.</p>
      ) : isPending ? (
        <Skeleton className="h-12" />
      ) : estimate ? (
        <dl className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-4 gap-y-1.5 [&_dt]:text-muted">
          <dt>Time</dt>
          <dd>{estimate.time}</dd>
          <dt>Memory</dt>
          <dd>{estimate.memory ?? <span className="text-muted">not measured yet</span>}</dd>
          <dd className="col-span-2 text-xs text-muted">{estimate.basis}</dd>
        </dl>
      ) : (
        <p className="text-muted">No run of this kind has ended yet: the first one shows it.</p>
      )}
    </Panel>
  );
}
