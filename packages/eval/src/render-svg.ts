import { CustomChart, LineChart, ScatterChart } from "echarts/charts";
import { GridComponent, LegendComponent, TitleComponent } from "echarts/components";
import { init, use, type EChartsCoreOption } from "echarts/core";
import { SVGRenderer } from "echarts/renderers";

use([CustomChart, GridComponent, LegendComponent, LineChart, ScatterChart, SVGRenderer, TitleComponent]);

/** A chart as SVG text. ECharts takes as long to load as the rest of this package, so this file is only loaded to draw. */
export function renderSvg(option: EChartsCoreOption, { width, height }: { width: number; height: number }): string {
  const chart = init(null, null, { renderer: "svg", ssr: true, width, height });
  try {
    chart.setOption(option);
    return chart.renderToSVGString();
  } finally {
    chart.dispose();
  }
}
