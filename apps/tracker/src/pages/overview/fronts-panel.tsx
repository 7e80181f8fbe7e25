import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { queries } from "../../api/queries.ts";
import { Estimate } from "../../components/estimate.tsx";
import { Panel } from "../../components/panel.tsx";
import { RelativeTime } from "../../components/relative-time.tsx";
import { SkeletonRows } from "../../components/skeleton.tsx";
import { Table, Td, Th } from "../../components/table.tsx";

const SHOWN = 6;

export function FrontsPanel({ project }: { project: string }) {
  const { data } = useQuery(queries.recentFronts(project, SHOWN));
  return (
    <Panel
      title="Recent fronts"
      aside={
        <Link to="/fronts" className="text-accent hover:underline">
          All fronts
        </Link>
      }
    >
      {!data ? (
        <SkeletonRows rows={3} />
      ) : data.fronts.length === 0 ? (
        <p className="text-muted">An evaluation stores one: what a method obtains under a grid of preferences.</p>
      ) : (
        <Table label="Recent fronts">
          <thead>
            <tr>
              <Th>Front</Th>
              <Th>Method</Th>
              <Th title="Volume that the front dominates above its reference point, in normalised rewards; larger is better">
                Hypervolume
              </Th>
              <Th title="Mean inner product of preference and mean reward; larger is better">Mean inner product</Th>
              <Th>Protocol</Th>
              <Th>Stored</Th>
            </tr>
          </thead>
          <tbody>
            {data.fronts.map((front) => (
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
                <Td>
                  <code className="font-mono text-xs">{front.protocolHash.slice(0, 8)}</code>
                </Td>
                <Td>
                  <RelativeTime time={front.createdAt} />
                </Td>
              </tr>
            ))}
          </tbody>
        </Table>
      )}
    </Panel>
  );
}
