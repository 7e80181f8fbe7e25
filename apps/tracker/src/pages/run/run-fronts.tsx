import { Link } from "@tanstack/react-router";
import type { Run } from "../../api/types.ts";
import { Estimate } from "../../components/estimate.tsx";
import { Panel } from "../../components/panel.tsx";
import { Table, Td, Th } from "../../components/table.tsx";

/** What it measured, best first. */
export function RunFronts({ run }: { run: Run }) {
  const fronts = run.fronts.toSorted((a, b) => b.hypervolume - a.hypervolume);
  return (
    <Panel
      title="Fronts"
      aside={
        <Link
          to="/fronts"
          search={{ ids: fronts.map(({ id }) => id).join(",") }}
          className="text-accent hover:underline"
        >
          Open together
        </Link>
      }
    >
      <Table label="Fronts of this run">
        <thead>
          <tr>
            <Th>Front</Th>
            <Th>Method</Th>
            <Th title="Volume that the front dominates above its reference point, in normalised rewards; larger is better">
              Hypervolume
            </Th>
            <Th title="Mean inner product of preference and mean reward; larger is better">Mean inner product</Th>
            <Th>Reference point</Th>
          </tr>
        </thead>
        <tbody>
          {fronts.map((front) => (
            <tr key={front.id}>
              <Td>
                <Link
                  to="/fronts/$id"
                  params={{ id: front.id }}
                  className="font-medium text-accent underline-offset-2 hover:underline"
                >
                  {front.name}
                </Link>
              </Td>
              <Td>{front.method ?? "–"}</Td>
              <Td>
                <Estimate value={front.hypervolume} low={front.hypervolumeLow} high={front.hypervolumeHigh} />
              </Td>
              <Td>
                <Estimate
                  value={front.meanInnerProduct}
                  low={front.meanInnerProductLow}
                  high={front.meanInnerProductHigh}
                />
              </Td>
              <Td className="whitespace-nowrap tabular-nums">({front.referencePoint.join(", ")})</Td>
            </tr>
          ))}
        </tbody>
      </Table>
    </Panel>
  );
}
