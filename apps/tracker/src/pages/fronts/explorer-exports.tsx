import type { Front } from "../../api/types.ts";
import type { FrontSearch } from "../../app/search.ts";
import { useChartColours } from "../../charts/colours.ts";
import { csvOf } from "../../text/csv.ts";
import { download, fileName } from "../../text/download.ts";
import { listOf } from "../../text/list.ts";
import { useQuery } from "@tanstack/react-query";
import { queries } from "../../api/queries.ts";
import { exploredOf, protocolOf } from "./explored.ts";
import { Exports } from "./explorer-bar.tsx";
import { pairsOf } from "./geometry.ts";
import { pairOption } from "./pair-option.ts";
import { frontsJson, pointsData } from "./points-data.ts";

/** Of what the explorer shows: all points, the fronts as they are stored, the chart of the chosen pair. */
export function ExplorerExports({ fronts, search }: { fronts: readonly Front[]; search: FrontSearch }) {
  const colours = useChartColours();
  const { data: optimum = null } = useQuery(queries.optimum(fronts[0]!.id));
  const explored = exploredOf(fronts);
  const protocol = protocolOf(fronts[0]!);
  const name = fronts.length === 1 ? `front ${fronts[0]!.name}` : `${fronts.length} fronts`;
  const pairs = pairsOf(protocol.objectives.length);
  const axes = pairs.find((pair) => pair.join() === search.axes) ?? pairs[0];
  const saveCsv = async (): Promise<void> => {
    download(fileName(name, "csv"), await csvOf(pointsData(explored, protocol.objectives)), "text/csv");
  };
  const saveSvg = async (): Promise<void> => {
    if (!axes) return;
    const { svgOf } = await import("../../charts/echarts.ts");
    const option = pairOption({
      fronts: explored,
      protocol,
      axes,
      optimum,
      colours,
      chosen: null,
      hidden: new Set(listOf(search.hide)),
    });
    download(fileName(name, "svg"), svgOf(option, { width: 900, height: 600 }), "image/svg+xml");
  };
  return (
    <Exports
      onCsv={() => void saveCsv()}
      onJson={() => download(fileName(name, "json"), frontsJson(fronts), "application/json")}
      onSvg={() => void saveSvg()}
    />
  );
}
