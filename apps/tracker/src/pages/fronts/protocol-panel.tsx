import { useQuery } from "@tanstack/react-query";
import { queries } from "../../api/queries.ts";
import type { Front } from "../../api/types.ts";
import { CopyButton } from "../../components/copy-button.tsx";
import { Panel } from "../../components/panel.tsx";
import { Table, Td, Th } from "../../components/table.tsx";
import { countText, numberText } from "../../text/number.ts";
import type { Protocol } from "./explored.ts";

/** What the figures depend on besides the answers: without it they mean nothing. */
export function ProtocolPanel({ front, protocol }: { front: Front; protocol: Protocol }) {
  const { objectives, normaliser, reference, rawReference } = protocol;
  const { data } = useQuery(queries.evaluations(front.runId));
  const config = data?.evaluations.find(({ id }) => id === front.evaluationId)?.report.config;
  const prompts = [...new Set(front.points.map(({ promptCount }) => promptCount))];
  return (
    <Panel
      title="Protocol"
      aside={
        <span className="flex min-w-0 items-center gap-2">
          <code className="truncate font-mono text-xs" title={front.protocolHash}>
            {front.protocolHash.slice(0, 16)}
          </code>
          <CopyButton text={() => front.protocolHash} label="Copy the protocol's hash" />
        </span>
      }
    >
      <p className="mb-3 text-muted">
        {countText(front.points.length, "preference")}, {prompts.join(" to ")} prompts each
        {config &&
          `; ${config.confidence * 100} % intervals from ${countText(config.bootstrapResamples, "bootstrap resample")} of the prompts, seed ${config.seed}`}
        . Fronts of the same hash have the same objectives, normaliser, reference point, preferences and prompts: only
        those can be compared.
      </p>
      <Table label="Normaliser and reference point">
        <thead>
          <tr>
            <Th>Objective</Th>
            <Th>Nadir (raw)</Th>
            <Th>Ideal (raw)</Th>
            <Th>Reference (normalised)</Th>
            <Th>Reference (raw)</Th>
          </tr>
        </thead>
        <tbody>
          {objectives.map((name, axis) => (
            <tr key={name}>
              <Td className="font-medium">{name}</Td>
              {[normaliser.nadir, normaliser.ideal, reference, rawReference].map((values, column) => (
                <Td key={column} className="tabular-nums">
                  {numberText(values[axis])}
                </Td>
              ))}
            </tr>
          ))}
        </tbody>
      </Table>
      <p className="mt-2 text-xs text-muted">normalised = (raw − nadir) / (ideal − nadir), not clipped</p>
    </Panel>
  );
}
