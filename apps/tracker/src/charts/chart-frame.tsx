import { ChartLine, Download, Table2 } from "lucide-react";
import { lazy, Suspense, useState, type ReactNode } from "react";
import { Button } from "../components/button.tsx";
import { Menu } from "../components/menu.tsx";
import { Skeleton } from "../components/skeleton.tsx";
import { Tooltip } from "../components/tooltip.tsx";
import { csvOf } from "../text/csv.ts";
import { download, fileName } from "../text/download.ts";
import type { CanvasProps } from "./canvas.tsx";
import { DataTable, type ChartData } from "./data-table.tsx";
import type { ChartOption } from "./option.ts";

/** ECharts comes only when a chart is shown. */
const Canvas = lazy(async () => ({ default: (await import("./canvas.tsx")).Canvas }));

const EXPORT_WIDTH = 900;

export interface ChartFrameProps {
  title: ReactNode;
  /** name of saved files, and the label of the chart for screen readers */
  name: string;
  option: ChartOption;
  /** what is drawn, as a table */
  data: () => ChartData;
  /** all of the data, where the chart draws only a part of it */
  fullData?: (() => Promise<ChartData>) | undefined;
  height?: number;
  /** controls before the menu */
  aside?: ReactNode;
  onRange?: CanvasProps["onRange"];
  onZoom?: CanvasProps["onZoom"];
  onPoint?: CanvasProps["onPoint"];
}

/** A chart with its title, table view, and export as SVG and CSV. */
export function ChartFrame(props: ChartFrameProps) {
  const { title, name, option, data, fullData, height = 280, aside, onRange, onZoom, onPoint } = props;
  const [asTable, setAsTable] = useState(false);
  const saveSvg = async (): Promise<void> => {
    const { svgOf } = await import("./echarts.ts");
    download(
      fileName(name, "svg"),
      svgOf(option, { width: EXPORT_WIDTH, height: Math.max(height, 400) }),
      "image/svg+xml",
    );
  };
  const saveCsv = async (): Promise<void> => {
    download(fileName(name, "csv"), await csvOf(await (fullData ?? data)()), "text/csv");
  };
  return (
    <figure className="min-w-0 rounded-lg border border-line bg-surface p-3">
      <figcaption className="mb-2 flex min-h-7 flex-wrap items-center gap-2">
        <span className="min-w-0 grow font-medium break-words">{title}</span>
        {aside}
        <Tooltip tip={asTable ? "Show as a chart" : "Show as a table"}>
          <Button
            look="ghost"
            size="small"
            aria-label={`${name}: ${asTable ? "show as a chart" : "show as a table"}`}
            onClick={() => setAsTable(!asTable)}
          >
            {asTable ? <ChartLine aria-hidden /> : <Table2 aria-hidden />}
          </Button>
        </Tooltip>
        <Menu
          label="Save"
          items={[
            { label: "Save as SVG", onSelect: () => void saveSvg() },
            { label: "Save as CSV", onSelect: () => void saveCsv() },
          ]}
        >
          <Button look="ghost" size="small" aria-label={`${name}: save`}>
            <Download aria-hidden />
          </Button>
        </Menu>
      </figcaption>
      {asTable ? (
        <DataTable data={data()} label={name} height={height} />
      ) : (
        <Suspense fallback={<ChartSkeleton height={height} />}>
          <Canvas option={option} height={height} label={name} onRange={onRange} onZoom={onZoom} onPoint={onPoint} />
        </Suspense>
      )}
    </figure>
  );
}

const ChartSkeleton = ({ height }: { height: number }) => (
  <div style={{ height }} role="status" aria-label="Loading">
    <Skeleton className="h-full" />
  </div>
);
