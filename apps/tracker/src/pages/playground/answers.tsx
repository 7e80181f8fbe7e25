import { useQuery } from "@tanstack/react-query";
import { useContext } from "react";
import { queries } from "../../api/queries.ts";
import { AnswerCard } from "./answer-card.tsx";
import { PreferenceControl } from "./preference-control.tsx";
import { Rewards } from "./rewards.tsx";
import { SteeredBy } from "./steered-by.ts";
import type { Generation } from "./use-generation.ts";

export interface AnswersProps {
  generation: Generation;
  /** what the page shows now; null: the base model's own answer */
  preferences: readonly (readonly number[] | null)[];
  objectives: readonly string[];
  prompt: string;
  onPreferences: (preferences: (readonly number[] | null)[]) => void;
}

const LETTERS = ["A", "B", "C"];

/** Answers side by side, one a preference. */
export function Answers({ generation, preferences, objectives, prompt, onPreferences }: AnswersProps) {
  const by = useContext(SteeredBy);
  const { rows, state, request } = generation;
  // while a slider moves, what is shown is still of the request before
  const asked = request?.preferences ?? [null];
  const ended = rows.map(({ end }) => end?.text ?? "");
  const vectors = asked.filter((preference) => preference != null);
  const { data: judgement } = useQuery({
    ...queries.judge({ prompt: request?.prompt ?? prompt, answers: ended, preferences: vectors }),
    enabled: state === "done",
  });
  const title = (index: number): string =>
    preferences[index] === null
      ? "Base model alone"
      : `Preference ${LETTERS[preferences.slice(0, index).filter(Boolean).length] ?? ""}`;
  return (
    <div className="grid items-start gap-4 md:grid-cols-[repeat(auto-fit,minmax(20rem,1fr))]">
      {preferences.map((preference, index) => {
        const judged = state === "done" ? judgement?.answers[index] : undefined;
        const best = judgement?.best[asked.slice(0, index).filter((one) => one != null).length];
        const guided = preferences.filter((one) => one !== null).length;
        return (
          <AnswerCard
            key={index}
            title={title(index)}
            row={rows[index]}
            state={state}
            strength={preference === null ? 0 : by === "policy" ? 1 : (request?.strength ?? 0)}
            control={
              preference && (
                <PreferenceControl
                  objectives={objectives}
                  label={title(index)}
                  value={preference}
                  onChange={(next) => onPreferences(preferences.map((one, place) => (place === index ? next : one)))}
                />
              )
            }
            rewards={
              judged && (
                <Rewards
                  judged={judged}
                  best={preference === null ? undefined : best}
                  objectives={objectives.length > 0 ? objectives : Object.keys(judged.rewards)}
                />
              )
            }
            onRemove={
              preference === null || guided > 1
                ? () => onPreferences(preferences.filter((_, place) => place !== index))
                : undefined
            }
          />
        );
      })}
    </div>
  );
}
