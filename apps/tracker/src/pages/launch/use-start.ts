import { useQuery } from "@tanstack/react-query";
import { queries } from "../../api/queries.ts";
import { isRecord } from "../../form/is-record.ts";
import { SweepConfig, type LaunchKind } from "@uniarm/pipeline/schema";
import { isLaunchKind } from "./kinds.ts";
import { draftOf, type SweepDraft } from "./sweep-draft.ts";

export interface Input {
  input: string;
  run: string;
  output: string;
}

/** What a launch begins with: a template, a past run, or an empty config of a kind. */
export interface Start {
  key: string;
  kind: LaunchKind;
  name: string;
  /** where it comes from: changes are shown against it */
  origin: string;
  config: Record<string, unknown>;
  inputs: Input[];
  labels: string[];
  tags: string[];
  /** what varies, where it is a sweep */
  sweep?: SweepDraft;
  /** the run that it is a copy of */
  clonedFrom?: string;
}

const EMPTY = { inputs: [], labels: [], tags: [] };

export function useStart({
  kind,
  template,
  clone,
}: {
  kind?: string | undefined;
  template?: string | undefined;
  clone?: string | undefined;
}): {
  start: Start | null;
  isPending: boolean;
} {
  const { data: templates } = useQuery({
    ...queries.templates(),
    enabled: template !== undefined && clone === undefined,
  });
  const { data: run } = useQuery({ ...queries.run(clone ?? ""), enabled: clone !== undefined });
  if (clone !== undefined) {
    if (!run) return { start: null, isPending: true };
    const sweep = run.kind === "sweep" ? SweepConfig.safeParse(run.config).data : undefined;
    const { kind: its, config } = sweep ? { kind: sweep.kind, config: sweep.base } : run;
    if (!isLaunchKind(its) || !isRecord(config)) return { start: null, isPending: false };
    const reads = sweep ? (run.children[0]?.dependsOn ?? []) : run.dependsOn;
    const inputs = reads.map(({ input, producerId, output }) => ({ input, run: producerId, output }));
    return {
      isPending: false,
      start: {
        key: `clone ${clone}`,
        kind: its,
        name: run.name,
        origin: `run ${run.name}`,
        config,
        ...(sweep ? { sweep: draftOf(sweep) } : {}),
        inputs,
        labels: run.labels,
        tags: run.tags,
        clonedFrom: clone,
      },
    };
  }
  if (template !== undefined) {
    if (!templates) return { start: null, isPending: true };
    const found = templates.templates.find(({ name }) => name === template);
    if (!found) return { start: null, isPending: false };
    return {
      isPending: false,
      start: {
        key: `template ${template}`,
        kind: "study",
        name: found.name,
        origin: `template ${found.title}`,
        config: found.config,
        ...EMPTY,
      },
    };
  }
  if (!isLaunchKind(kind)) return { start: null, isPending: false };
  return {
    isPending: false,
    start: { key: `kind ${kind}`, kind, name: "", origin: "defaults", config: {}, ...EMPTY },
  };
}
