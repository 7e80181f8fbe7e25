import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { queries } from "../../api/queries.ts";
import { Button } from "../../components/button.tsx";
import { classes } from "../../components/classes.ts";
import { Panel } from "../../components/panel.tsx";
import { Select } from "../../components/select.tsx";
import { Skeleton } from "../../components/skeleton.tsx";
import { numberText } from "../../text/number.ts";
import { preferenceText } from "../fronts/explored.ts";
import type { GenerateRequest } from "./api-call.ts";
import { sweepAlong } from "./preferences.ts";
import { StatusLine } from "./status-line.tsx";
import { useGeneration } from "./use-generation.ts";

export interface SweepProps {
  /** as the page asks it; its preferences are replaced */
  request: GenerateRequest;
  objectives: readonly string[];
  from: readonly number[];
  /** objective that it runs along; undefined: not asked */
  along: number | undefined;
  onAlong: (objective: number | undefined) => void;
  onPick: (preference: number[]) => void;
}

/** The answer at eleven preferences at once, from none of an objective to nothing else. */
export function Sweep({ request, objectives, from, along, onAlong, onPick }: SweepProps) {
  const objective = along !== undefined && along < objectives.length ? along : 0;
  const key = from.join();
  const preferences = useMemo(() => sweepAlong(key.split(",").map(Number), objective), [key, objective]);
  const generation = useGeneration(along === undefined ? null : { ...request, preferences });
  const texts = generation.rows.map(({ tokens, end }) => end?.text ?? tokens.map(({ text }) => text).join(""));
  const isDone = generation.state === "done";
  const { data: judgement } = useQuery({
    ...queries.judge({ prompt: request.prompt, answers: texts, preferences: [] }),
    enabled: isDone,
  });
  return (
    <Panel
      title="Sweep"
      aside={
        <div className="flex flex-wrap items-center gap-2">
          <Select
            label="Objective that the sweep runs along"
            value={String(objective)}
            onChange={(next) => onAlong(Number(next))}
            options={objectives.map((name, index) => ({ value: String(index), label: `along ${name}` }))}
          />
          {along === undefined ? (
            <Button onClick={() => onAlong(objective)}>Ask at 11 preferences</Button>
          ) : (
            <Button look="ghost" onClick={() => onAlong(undefined)}>
              Close
            </Button>
          )}
        </div>
      }
    >
      {along === undefined ? (
        <p className="text-muted">
          The answer at eleven preferences at once: where it changes is where the trade-off lies.
        </p>
      ) : (
        <>
          <StatusLine generation={generation} />
          <ol className="mt-3 flex flex-col" aria-label="Answers along the sweep">
            {preferences.map((preference, index) => {
              const text = texts[index] ?? "";
              const isSame = isDone && index > 0 && text === texts[index - 1];
              const judged = isDone ? judgement?.answers[index] : undefined;
              return (
                <li
                  key={index}
                  className="grid grid-cols-[minmax(5.5rem,auto)_minmax(0,1fr)] gap-x-4 gap-y-1 border-b border-line py-2 last:border-b-0"
                >
                  <button
                    type="button"
                    title="Take this preference"
                    className="self-start text-left"
                    onClick={() => onPick(preference)}
                  >
                    <span className="block tabular-nums underline-offset-2 hover:underline">
                      {preferenceText(preference)}
                    </span>
                    <span className="mt-1 block h-1.5 w-full rounded-full bg-line" aria-hidden>
                      <span
                        className="block h-full rounded-full bg-accent"
                        style={{ width: `${(preference[objective] ?? 0) * 100}%` }}
                      />
                    </span>
                  </button>
                  <div className="min-w-0">
                    {text === "" && !isDone && generation.error === null ? (
                      <Skeleton className="h-5 w-4/5" />
                    ) : (
                      <p className={classes("break-words whitespace-pre-wrap", isSame && "text-muted")}>
                        {isSame ? "the same as above" : text}
                      </p>
                    )}
                    {judged && !isSame && (
                      <p className="text-xs text-muted tabular-nums">
                        {objectives.map((name) => `${name} ${numberText(judged.rewards[name])}`).join(", ")}
                      </p>
                    )}
                  </div>
                </li>
              );
            })}
          </ol>
        </>
      )}
    </Panel>
  );
}
