import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { queries } from "../../api/queries.ts";
import { FigureCells, FigureHeads, FrontCells, FrontHeads } from "../../components/front-cells.tsx";
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
              <FrontHeads />
              <FigureHeads />
              <Th>Protocol</Th>
              <Th>Stored</Th>
            </tr>
          </thead>
          <tbody>
            {data.fronts.map((front) => (
              <tr key={front.id}>
                <FrontCells front={front} />
                <FigureCells front={front} />
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
