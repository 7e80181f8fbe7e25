import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { COUNTED, type Offered } from "@uniarm/slurm/schema";
import {
  askedText,
  hoursText,
  submissionSteps,
  withShards,
  type LaunchKind,
  type SubmissionStep,
} from "@uniarm/pipeline/schema";
import { useMemo, useState } from "react";
import { queries } from "../../api/queries.ts";
import { Panel } from "../../components/panel.tsx";
import { Select } from "../../components/select.tsx";
import { Table, Td, Th } from "../../components/table.tsx";
import { bytesText, countText } from "../../text/number.ts";
import { jobsOf } from "./jobs-of.ts";
import { offeringAll, offeringSlurm } from "./slurm-workers.ts";

export interface SlurmPanelProps {
  kind: LaunchKind;
  config: Record<string, unknown>;
  project: string;
  labels: readonly string[];
  /** nothing is counted of a config that cannot be launched */
  isValid: boolean;
  title?: string;
  className?: string;
}

/** What the launch comes to where a worker gives it to Slurm; nothing where no such worker is there. */
export function SlurmPanel({ title = "In Slurm", className, ...launch }: SlurmPanelProps) {
  const { data } = useQuery(queries.workers());
  const workers = data?.workers ?? [];
  const slurm = offeringSlurm(workers);
  const [chosen, setChosen] = useState("");
  if (slurm.length === 0) return null;
  const able = offeringAll(slurm, launch.labels);
  const worker = able.find(({ id }) => id === chosen) ?? able[0];
  const others = offeringAll(workers, launch.labels).filter(({ offer }) => offer === null);
  return (
    <Panel title={title} {...(className === undefined ? {} : { className })}>
      {worker ? (
        <div className="flex flex-col gap-3">
          {able.length > 1 ? (
            <Select
              label="Worker for Slurm"
              value={worker.id}
              onChange={setChosen}
              options={able.map(({ id, name }) => ({ value: id, label: name }))}
            />
          ) : (
            <p>By the worker {worker.name}.</p>
          )}
          <Steps {...launch} offer={worker.offer} />
          {others.length > 0 && (
            <p className="text-xs text-muted">
              {others.map(({ name }) => name).join(", ")} may take it as well, without Slurm: a label that only{" "}
              {worker.name} offers keeps it there.
            </p>
          )}
        </div>
      ) : (
        <p className="text-muted">
          No worker for Slurm offers {launch.labels.join(", ")} together. Offered:{" "}
          {slurm.map(({ name, labels }) => `${labels.join(", ") || "no labels"} (${name})`).join("; ")}.
        </p>
      )}
    </Panel>
  );
}

type StepsProps = Pick<SlurmPanelProps, "kind" | "config" | "project" | "labels" | "isValid"> & {
  offer: ReturnType<typeof offeringSlurm>[number]["offer"];
};

function Steps({ kind, config, project, labels, isValid, offer }: StepsProps) {
  const { data: estimates } = useQuery({
    ...queries.launchEstimate({ kind, config }),
    enabled: isValid,
    placeholderData: keepPreviousData,
    throwOnError: false,
  });
  const shards = estimates?.decodeShardsOf ?? null;
  const jobs = useMemo(
    () => jobsOf(kind, shards === null ? config : withShards(config, shards)),
    [kind, config, shards],
  );
  if (!isValid || jobs === null) return <p className="text-muted">Known once the config can be launched.</p>;
  const steps = submissionSteps(jobs, offer, COUNTED, { project, labels, known: estimates?.runs ?? [] });
  return (
    <>
      <p>{wholeText(steps)}</p>
      <Table label="Jobs in Slurm">
        <thead>
          <tr>
            {[
              "Step",
              "Kinds",
              "Jobs",
              "Arrays",
              "Asks for",
              "Hours at most",
              "GPU hours at most",
              "Hours by past runs",
              "Memory by past runs",
            ].map((heading) => (
              <Th key={heading}>{heading}</Th>
            ))}
          </tr>
        </thead>
        <tbody className="tabular-nums">
          {steps.map((step) => (
            <tr key={step.jobs[0]}>
              <Td>{step.depth + 1}</Td>
              <Td>{step.kinds.join(", ")}</Td>
              <Td>{step.jobs.length}</Td>
              <Td>{step.jobs.length > step.arrays ? step.arrays : "–"}</Td>
              <Td className="min-w-40">{askedText(step.resources) || "nothing: as the site has it"}</Td>
              <Td>{hoursText(step.hoursAtMost)}</Td>
              <Td>{hoursText(step.gpuHoursAtMost)}</Td>
              <Td>{hoursText(step.hoursExpected)}</Td>
              <Td>{step.memoryMbExpected === null ? "?" : bytesText(step.memoryMbExpected * 1e6)}</Td>
            </tr>
          ))}
        </tbody>
      </Table>
      <p className="text-xs text-muted">
        Each job waits in Slurm until its queue lets it begin. At most: the time limits of all jobs together. By past
        runs: what is known of such runs, waits in the queue included.
      </p>
    </>
  );
}

/** 14 jobs in 5 steps: at most 20 hours and 8 GPU hours. */
function wholeText(steps: readonly SubmissionStep<Offered>[]): string {
  const sum = (values: readonly (number | null)[]): number | null =>
    values.reduce((total, one) => (total === null || one === null ? null : total + one), 0 as number | null);
  const jobs = steps.reduce((total, step) => total + step.jobs.length, 0);
  const hours = sum(steps.map(({ hoursAtMost }) => hoursAtMost));
  const gpuHours = sum(steps.map(({ gpuHoursAtMost }) => gpuHoursAtMost));
  const submissions = steps.reduce((total, { arrays }) => total + arrays, 0);
  const limits =
    hours === null
      ? "some have no time limit of their own"
      : `at most ${hoursText(hours)} hours of jobs${gpuHours ? ` and ${hoursText(gpuHours)} GPU hours` : ""}`;
  return `${countText(jobs, "job")} in ${countText(submissions, "submission")}: ${limits}.`;
}
