import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useMemo } from "react";
import type { CustomSeriesRenderItem } from "echarts";
import { queries } from "../../api/queries.ts";
import type { Front, Outputs } from "../../api/types.ts";
import { ChartFrame } from "../../charts/chart-frame.tsx";
import { useChartColours, type ChartColours } from "../../charts/colours.ts";
import { baseOption, type ChartOption } from "../../charts/option.ts";
import { numberText } from "../../text/number.ts";
import { SENTENCES } from "../../text/metric-sentences.ts";

type AtStep = Outputs["fronts"]["overSteps"]["fronts"][number];

/** Hypervolume of the checkpoints of one training run, where several were measured; nothing for one. */
export function OverSteps({ front }: { front: Front }) {
  const { data } = useQuery(queries.overSteps(front.id));
  const colours = useChartColours();
  const navigate = useNavigate();
  const fronts = data?.fronts;
  const option = useMemo(() => stepsOption(fronts ?? [], front.id, colours), [fronts, front.id, colours]);
  if (!data || data.fronts.length < 2) return null;
  return (
    <ChartFrame
      title={
        <>
          Hypervolume over training steps of {data.trainedBy?.name}{" "}
          <span className="font-normal text-muted">{SENTENCES.hypervolume}</span>
        </>
      }
      name="hypervolume over training steps"
      option={option}
      data={() => ({
        columns: ["step", "front", "hypervolume", "low", "high"],
        rows: data.fronts.map((one) => [one.step, one.name, one.hypervolume, one.hypervolumeLow, one.hypervolumeHigh]),
      })}
      onPoint={(series, index) => {
        const found = series === 0 ? data.fronts[index] : undefined;
        if (found) void navigate({ to: "/fronts/$id", params: { id: found.id } });
      }}
    />
  );
}

function stepsOption(fronts: readonly AtStep[], current: string, colours: ChartColours): ChartOption {
  const { axis, ...base } = baseOption(colours);
  const [color = ""] = colours.series;
  const bar: CustomSeriesRenderItem = (_params, at) => {
    const [x1, y1] = at.coord([at.value(0), at.value(1)]) as [number, number];
    const [, y2] = at.coord([at.value(0), at.value(2)]) as [number, number];
    return { type: "line", shape: { x1, y1, x2: x1, y2 }, style: { stroke: color, lineWidth: 1.5, opacity: 0.6 } };
  };
  return {
    ...base,
    tooltip: { ...base.tooltip, trigger: "item" },
    grid: { left: 56, right: 16, top: 14, bottom: 44 },
    xAxis: {
      ...axis,
      type: "value",
      name: "training step",
      nameGap: 28,
      axisLabel: { ...axis.axisLabel, formatter: numberText },
    },
    yAxis: { ...axis, type: "value", name: "hypervolume", nameGap: 40, scale: true },
    series: [
      {
        type: "line",
        symbol: "circle",
        symbolSize: 9,
        lineStyle: { color },
        cursor: "pointer",
        data: fronts.map(({ id, step, hypervolume }) => ({
          value: [step, hypervolume],
          itemStyle: {
            color,
            borderColor: id === current ? colours.accent : color,
            borderWidth: id === current ? 5 : 1,
          },
        })),
        tooltip: {
          formatter: ({ dataIndex }: { dataIndex: number }) => {
            const { name, step, hypervolume, hypervolumeLow: low, hypervolumeHigh: high } = fronts[dataIndex]!;
            return `${name}, step ${step}\nhypervolume ${numberText(hypervolume)} [${numberText(low)}, ${numberText(high)}]`;
          },
        },
      },
      {
        type: "custom",
        silent: true,
        renderItem: bar,
        data: fronts
          .filter(({ hypervolumeLow }) => hypervolumeLow !== null)
          .map(({ step, hypervolumeLow, hypervolumeHigh }) => [step, hypervolumeLow!, hypervolumeHigh!]),
      },
    ],
  };
}
