import type { GitState, LaunchedFrom, Provenance } from "@uniarm/core/schema";
import type { ReactNode } from "react";
import type { Run } from "../../api/types.ts";
import { Badge } from "../../components/badge.tsx";
import { CopyButton } from "../../components/copy-button.tsx";
import { Panel } from "../../components/panel.tsx";
import { bytesText, countText } from "../../text/number.ts";

/** Where a run was asked for, and what its newest attempt ran with, as the programs themselves said. */
export function ProvenancePanel({ run }: { run: Run }) {
  const ranWith = run.attempts.findLast(({ provenance }) => provenance !== null);
  if (run.launchedFrom === null && !ranWith) return null;
  return (
    <Panel title="Provenance">
      <dl className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-4 gap-y-1.5 [&_dd]:min-w-0 [&_dd]:wrap-anywhere [&_dt]:text-muted">
        {run.launchedFrom && <Launched from={run.launchedFrom} />}
        {ranWith && <RanWith provenance={ranWith.provenance!} attempt={ranWith.number} />}
      </dl>
    </Panel>
  );
}

function Launched({ from: { command, host, folder, git } }: { from: LaunchedFrom }) {
  return (
    <>
      <dt>Launched by</dt>
      <dd>
        <Command text={command} />
      </dd>
      <dt>In</dt>
      <dd>
        {folder} on {host}
      </dd>
      <dt>Commit there</dt>
      <dd>{git ? <Commit git={git} /> : <span className="text-muted">none: the folder is no git checkout</span>}</dd>
    </>
  );
}

function RanWith({ provenance, attempt }: { provenance: Provenance; attempt: number }) {
  const { version, git, command, packages, system, engine } = provenance;
  const { host, name, architecture, cpu, cores, memoryBytes, gpus } = system;
  return (
    <>
      <dt>Code of attempt {attempt}</dt>
      <dd>
        UniARM {version} {git && <Commit git={git} />}
      </dd>
      <dt>Engine</dt>
      <dd>
        {engine
          ? `${engine.name} ${engine.version} on ${engine.device}, ${countText(engine.threads, "thread")}`
          : "none"}
      </dd>
      <dt>Machine</dt>
      <dd>
        {host}: {cpu ?? architecture}, {countText(cores, "core")}, {bytesText(memoryBytes)}
        {gpus.length > 0 && `, ${gpus.join(", ")}`}
        <span className="text-muted"> {name}</span>
      </dd>
      <dd className="col-span-2">
        <details>
          <summary className="w-fit text-accent">
            Process and {countText(Object.keys(packages).length, "version")}
          </summary>
          <Command text={command} />
          <ul className="mt-2 font-mono text-xs">
            {Object.entries(packages)
              .toSorted()
              .map(([one, number]) => (
                <li key={one}>
                  {one} {number}
                </li>
              ))}
          </ul>
        </details>
      </dd>
    </>
  );
}

function Commit({ git: { commit, isDirty } }: { git: GitState }): ReactNode {
  return (
    <span className="inline-flex flex-wrap items-center gap-1">
      <code className="font-mono text-xs">{commit.slice(0, 12)}</code>
      <CopyButton text={() => commit} label="Copy the commit" />
      {isDirty && <Badge tone="warn">with changes</Badge>}
    </span>
  );
}

const Command = ({ text }: { text: string }) => (
  <span className="inline-flex max-w-full items-start gap-1">
    <code className="min-w-0 font-mono text-xs wrap-anywhere">{text}</code>
    <CopyButton text={() => text} label="Copy the command" />
  </span>
);
