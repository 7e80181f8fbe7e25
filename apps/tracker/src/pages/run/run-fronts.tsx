import type { Run } from "../../api/types.ts";
import { FigureCells, FigureHeads, FrontCells, FrontHeads } from "../../components/front-cells.tsx";
import { FrontsLink } from "../../components/fronts-link.tsx";
import { Panel } from "../../components/panel.tsx";
import { Table, Td, Th } from "../../components/table.tsx";

/** What it measured, best first. */
export function RunFronts({ run }: { run: Run }) {
  const fronts = run.fronts.toSorted((a, b) => b.hypervolume - a.hypervolume);
  return (
    <Panel
      title="Fronts"
      aside={
        <FrontsLink ids={fronts.map(({ id }) => id)} className="text-accent hover:underline">
          Open together
        </FrontsLink>
      }
    >
      <Table label="Fronts of this run">
        <thead>
          <tr>
            <FrontHeads />
            <FigureHeads />
            <Th>Reference point</Th>
          </tr>
        </thead>
        <tbody>
          {fronts.map((front) => (
            <tr key={front.id}>
              <FrontCells front={front} />
              <FigureCells front={front} />
              <Td className="whitespace-nowrap tabular-nums">({front.referencePoint.join(", ")})</Td>
            </tr>
          ))}
        </tbody>
      </Table>
    </Panel>
  );
}
