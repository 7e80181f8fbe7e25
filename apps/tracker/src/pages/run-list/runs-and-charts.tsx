import { useMemo, useState } from "react";
import type { UrlList } from "../../api/url-list.ts";
import { labelsOf, type DrawnRun } from "../../charts/run-lines.ts";
import { marksOf } from "./line-marks.ts";
import { RunCharts } from "./run-charts.tsx";
import { RunTable, type RunTableProps } from "./run-table.tsx";

/** More curves cannot be told apart; the page that compares runs takes more. */
const MOST_DRAWN = 100;
const NOBODY: readonly string[] = [];

export interface RunsAndChartsProps {
  table: RunTableProps;
  /** whether the charts are shown */
  charts: boolean;
  /** metrics as the address has them */
  keys: UrlList;
  onKeys: (keys: UrlList) => void;
  onClose: () => void;
}

/** The table, and beside it curves of the runs that are chosen; of those in sight where none is. */
export function RunsAndCharts({ table, charts, keys, onKeys, onClose }: RunsAndChartsProps) {
  const [inSight, setInSight] = useState(NOBODY);
  const [lit, setLit] = useState<string | null>(null);
  const { runs, chosen } = table;
  const chosenIds = runs.flatMap(({ id }) => (chosen[id] === true ? [id] : []));
  const wanted = chosenIds.length > 0 ? chosenIds : inSight;
  const marks = useMarks(charts ? wanted.slice(0, MOST_DRAWN) : NOBODY);
  const drawn = useMemo((): DrawnRun[] => {
    const shown = runs.filter(({ id }) => marks.has(id));
    const labels = labelsOf(shown);
    return shown.map(({ id }, index) => ({ id, label: labels[index]!, mark: marks.get(id)! }));
  }, [runs, marks]);
  const isLive = charts && runs.some(({ id, state }) => state === "RUNNING" && marks.has(id));
  return (
    <div className="flex min-h-0 grow flex-col gap-3 lg:flex-row">
      <RunTable {...table} curves={charts ? { marks, onInSight: setInSight, onLit: setLit } : undefined} />
      {charts && (
        <RunCharts
          runs={drawn}
          left={wanted.length - Math.min(wanted.length, MOST_DRAWN)}
          areChosen={chosenIds.length > 0}
          isLive={isLive}
          lit={lit === null ? null : (marks.get(lit) ?? null)}
          keys={keys}
          onKeys={onKeys}
          onClose={onClose}
        />
      )}
    </div>
  );
}

function useMarks(ids: readonly string[]): ReadonlyMap<string, number> {
  const [known, setKnown] = useState<{ ids: string; marks: ReadonlyMap<string, number> }>({
    ids: "",
    marks: new Map(),
  });
  const asked = ids.join(",");
  if (known.ids === asked) return known.marks;
  const marks = marksOf(known.marks, ids);
  setKnown({ ids: asked, marks });
  return marks;
}
