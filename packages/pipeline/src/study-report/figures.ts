import { paretoSvg, parallelSvg, type PlotFront } from "@uniarm/eval";
import type { StudyReport } from "./study-report.ts";

/** A figure as a file, and in the page. */
export interface ReportFigure {
  id: string;
  title: string;
  svg: string;
}

/** All fronts over each other; for more than two objectives also a line for each point across all of them. */
export async function figuresOf({ objectives, fronts, optimum }: StudyReport): Promise<ReportFigure[]> {
  const drawn: PlotFront[] = fronts.map(({ name, points }) => ({ name, points }));
  if (optimum) drawn.push({ name: "exact optimum", points: optimum.points, exact: true });
  if (objectives.length < 2) return [];
  const figures = [
    {
      id: "fronts",
      title: "Fronts",
      svg: await paretoSvg({ fronts: drawn, objectives, title: "Mean rewards at each preference" }),
    },
  ];
  if (objectives.length > 2)
    figures.push({
      id: "parallel",
      title: "Points across objectives",
      svg: await parallelSvg({ fronts: drawn, objectives, title: "Each point across all objectives" }),
    });
  return figures;
}
