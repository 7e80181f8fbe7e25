import { Slider } from "../../components/slider.tsx";
import type { PreferenceControlProps } from "./preference-control-props.ts";
import { PreferenceTriangle } from "./preference-triangle.tsx";
import { rounded, withEntry } from "./preferences.ts";

const percent = (entry: number): string => `${Math.round(entry * 100)} %`;

/** How much each objective counts: a slider between two, a triangle and sliders for three, sliders for more. */
export function PreferenceControl({ objectives, value, onChange, label }: PreferenceControlProps) {
  if (objectives.length === 2)
    return <Between objectives={objectives} value={value} onChange={onChange} label={label} />;
  return (
    <div className="flex flex-wrap items-center gap-4">
      {objectives.length === 3 && (
        <PreferenceTriangle objectives={objectives} value={value} onChange={onChange} label={label} />
      )}
      <div className="flex min-w-40 flex-1 flex-col gap-1">
        {objectives.map((name, index) => (
          <div key={name} className="grid grid-cols-[5.5rem_minmax(0,1fr)_3.25rem] items-center gap-2">
            <span className="truncate" title={name}>
              {name}
            </span>
            <Slider
              value={value[index] ?? 0}
              onChange={(entry) => onChange(withEntry(value, index, entry))}
              label={`${label}: weight of ${name}`}
              valueText={percent(value[index] ?? 0)}
            />
            <span className="text-right whitespace-nowrap text-muted tabular-nums">{percent(value[index] ?? 0)}</span>
          </div>
        ))}
      </div>
    </div>
  );
}

/** To the right more of the first objective. */
function Between({ objectives, value, onChange, label }: PreferenceControlProps) {
  const [first = "", second = ""] = objectives;
  const [entry = 0, rest = 0] = value;
  return (
    <div>
      <div className="flex justify-between gap-2">
        <span>
          {second} <span className="text-muted tabular-nums">{percent(rest)}</span>
        </span>
        <span>
          <span className="text-muted tabular-nums">{percent(entry)}</span> {first}
        </span>
      </div>
      <Slider
        value={entry}
        step={0.05}
        onChange={(next) => onChange(rounded([next, 1 - next]))}
        label={`${label}: weight of ${first} against ${second}`}
        valueText={`${first} ${percent(entry)}, ${second} ${percent(rest)}`}
      />
    </div>
  );
}
