import { useQuery } from "@tanstack/react-query";
import { UniArmError } from "@uniarm/core/schema";
import { importanceOf, type Importance } from "@uniarm/pipeline/schema";
import { useMemo, useState } from "react";
import { queries } from "../../api/queries.ts";
import { ChartFrame } from "../../charts/chart-frame.tsx";
import { useChartColours } from "../../charts/colours.ts";
import { Select } from "../../components/select.tsx";
import { Skeleton } from "../../components/skeleton.tsx";
import { countText } from "../../text/number.ts";
import { figuresOf, type Compared, type Figure, type Stat } from "./compared.ts";
import { observed, sharesOption, sliceOption, type Observed } from "./importance-options.ts";

const STATS = { last: "last value", min: "smallest value", max: "largest value" };
/** More slices than this are not looked through. */
const MOST_SLICES = 12;

interface ImportanceViewProps {
  compared: readonly Compared[];
  /** metrics of the runs, those with a history first */
  keys: readonly string[];
  stat: Stat;
  onStat: (stat: Stat) => void;
}

/** Which settings a figure depends on, and how: shares of its variance, and a slice for each setting. */
export function ImportanceView({ compared, keys, stat, onStat }: ImportanceViewProps) {
  const [chosen, setChosen] = useState<string | null>(null);
  const ids = useMemo(() => compared.map(({ run }) => run.id), [compared]);
  const own = useMemo(() => keys.filter((key) => !key.startsWith("system/")), [keys]);
  const hasFronts = compared.some(({ run }) => run.fronts.length > 0);
  const offered = [...own.map((key) => ({ value: `metric ${key}`, label: key })), ...(hasFronts ? OF_FRONTS : [])];
  const value = chosen ?? (hasFronts ? "hypervolume" : offered[0]?.value);
  const metric = value?.startsWith("metric ") === true ? value.slice("metric ".length) : null;
  const asked = useMemo(() => (metric === null ? [] : [metric]), [metric]);
  const { data: summaries } = useQuery({ ...queries.metricSummaries(ids, asked), enabled: metric !== null });
  const figure = useMemo(
    () => figuresOf(asked, stat, summaries ?? []).find(({ key }) => key === (metric ?? value)),
    [asked, stat, summaries, metric, value],
  );
  if (value === undefined || !figure) return <p className="text-muted">The runs have no figure to be judged by yet.</p>;
  return (
    <div className="flex flex-col gap-4">
      <div className="flex flex-wrap items-center gap-3">
        <Select label="Figure" value={value} onChange={setChosen} options={offered} className="max-w-72" />
        {metric !== null && (
          <Select
            label="Value of the metric"
            value={stat}
            onChange={onStat}
            options={(Object.keys(STATS) as Stat[]).map((one) => ({ value: one, label: STATS[one] }))}
          />
        )}
      </div>
      {metric !== null && !summaries ? <Skeleton className="h-72" /> : <Judged compared={compared} figure={figure} />}
    </div>
  );
}

const OF_FRONTS = [
  { value: "hypervolume", label: "hypervolume" },
  { value: "meanInnerProduct", label: "mean inner product" },
];

function Judged({ compared, figure }: { compared: readonly Compared[]; figure: Figure }) {
  const runs = useMemo(() => observed(compared, figure), [compared, figure]);
  const judged = useMemo((): Importance | string => {
    try {
      return importanceOf(runs);
    } catch (error) {
      if (error instanceof UniArmError) return error.message;
      throw error;
    }
  }, [runs]);
  if (typeof judged === "string") return <p role="status">{judged}</p>;
  const left = compared.length - runs.length;
  return (
    <>
      <p className="max-w-prose text-muted">
        By {countText(judged.runs, "run")}
        {left > 0 && `; ${countText(left, "run")} without the figure left out`}. Shares of the variance over all
        combinations of the values that were tried (functional ANOVA over a random forest). They say what mattered
        within these values, and no more.
      </p>
      <Shares judged={judged} name={figure.label} />
      <div className="grid gap-4 lg:grid-cols-2">
        {judged.settings.slice(0, MOST_SLICES).map(({ path }) => (
          <Slice key={path} path={path} runs={runs} figure={figure} />
        ))}
      </div>
    </>
  );
}

function Shares({ judged, name }: { judged: Importance; name: string }) {
  const colours = useChartColours();
  const option = useMemo(() => sharesOption(judged, colours), [judged, colours]);
  return (
    <ChartFrame
      title={`What ${name} depends on`}
      name="importance of settings"
      option={option}
      height={90 + 28 * (judged.settings.length + 1)}
      data={() => ({
        columns: ["setting", "share", "spread over trees"],
        rows: [
          ...judged.settings.map(({ path, share, spread }) => [path, share, spread]),
          ["settings together", judged.together, null],
        ],
      })}
    />
  );
}

function Slice({ path, runs, figure }: { path: string; runs: readonly Observed[]; figure: Figure }) {
  const colours = useChartColours();
  const option = useMemo(() => sliceOption(path, figure.label, runs, colours), [path, figure.label, runs, colours]);
  return (
    <ChartFrame
      title={path}
      name={`slice of ${path}`}
      option={option}
      height={240}
      data={() => ({
        columns: ["run", path, figure.label],
        rows: runs.map(({ label, settings, value }) => [label, JSON.stringify(settings[path]) ?? "absent", value]),
      })}
    />
  );
}
