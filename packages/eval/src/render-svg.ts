import { CustomChart, LineChart, ParallelChart, ScatterChart } from "echarts/charts";
import { GridComponent, LegendComponent, ParallelComponent, TitleComponent } from "echarts/components";
import { init, use, type EChartsCoreOption } from "echarts/core";
import { SVGRenderer } from "echarts/renderers";

use([
  CustomChart,
  GridComponent,
  LegendComponent,
  LineChart,
  ParallelChart,
  ParallelComponent,
  ScatterChart,
  SVGRenderer,
  TitleComponent,
]);

/** A chart as SVG text. ECharts takes as long to load as the rest of this package, so this file is only loaded to draw. */
export function renderSvg(option: EChartsCoreOption, { width, height }: { width: number; height: number }): string {
  const chart = init(null, null, { renderer: "svg", ssr: true, width, height });
  try {
    chart.setOption(option);
    return `${withPlainIds(chart.renderToSVGString())}\n`;
  } finally {
    chart.dispose();
  }
}

/** ECharts numbers charts and classes across the whole process; renumbered, the same plot has the same bytes. */
function withPlainIds(svg: string): string {
  const ids = new Map<string, string>();
  return svg.replace(/zr\d+-([a-z]+)-?\d+/g, (id, kind: string) => {
    const plain = ids.get(id) ?? `${kind}${ids.size}`;
    ids.set(id, plain);
    return plain;
  });
}
