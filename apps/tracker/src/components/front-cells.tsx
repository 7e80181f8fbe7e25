import { Link } from "@tanstack/react-router";
import type { FrontRow } from "../api/types.ts";
import { SENTENCES } from "../text/metric-sentences.ts";
import { Estimate } from "./estimate.tsx";
import { Td, Th } from "./table.tsx";

/** What every table of fronts shows of them, between its own columns. */
export const FrontHeads = () => (
  <>
    <Th>Front</Th>
    <Th>Method</Th>
  </>
);

export const FigureHeads = () => (
  <>
    <Th title={SENTENCES.hypervolume}>Hypervolume</Th>
    <Th title={SENTENCES.meanInnerProduct}>Mean inner product</Th>
  </>
);

export const FrontCells = ({ front }: { front: Pick<FrontRow, "id" | "name" | "method"> }) => (
  <>
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
  </>
);

type Figures = Pick<
  FrontRow,
  | ("hypervolume" | "hypervolumeLow" | "hypervolumeHigh")
  | ("meanInnerProduct" | "meanInnerProductLow" | "meanInnerProductHigh")
>;

export const FigureCells = ({ front }: { front: Figures }) => (
  <>
    <Td>
      <Estimate value={front.hypervolume} low={front.hypervolumeLow} high={front.hypervolumeHigh} />
    </Td>
    <Td>
      <Estimate value={front.meanInnerProduct} low={front.meanInnerProductLow} high={front.meanInnerProductHigh} />
    </Td>
  </>
);
