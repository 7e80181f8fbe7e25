import { useInfiniteQuery } from "@tanstack/react-query";
import { X } from "lucide-react";
import { useEffect, useRef } from "react";
import { sentenceOf } from "../../api/errors.ts";
import { queries } from "../../api/queries.ts";
import { Badge } from "../../components/badge.tsx";
import { Button } from "../../components/button.tsx";
import { SkeletonRows } from "../../components/skeleton.tsx";
import { countText, numberText } from "../../text/number.ts";
import { preferenceText, type Explored } from "./explored.ts";

export interface AnswersPanelProps {
  explored: Explored;
  position: number;
  onClose: () => void;
}

/** What was answered at a point: the texts behind its mean rewards. */
export function AnswersPanel({ explored: { front, label }, position, onClose }: AnswersPanelProps) {
  const query = useInfiniteQuery(queries.answers(front.id, position));
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    heading.current?.focus({ preventScroll: true });
    heading.current?.scrollIntoView({ block: "nearest" });
  }, [front.id, position]);
  const point = front.points[position];
  const answers = query.data?.pages.flatMap((page) => page.answers) ?? [];
  const isKept = query.data?.pages.every(({ kept }) => kept) ?? true;
  return (
    <section
      aria-labelledby="answers-title"
      className="flex min-w-0 flex-col rounded-lg border border-accent bg-surface p-4 xl:sticky xl:top-18 xl:max-h-[calc(100dvh-6rem)]"
    >
      <div className="mb-3 flex items-start justify-between gap-2">
        <div className="min-w-0">
          <h2
            id="answers-title"
            ref={heading}
            tabIndex={-1}
            className="text-base font-semibold break-words outline-none"
          >
            Answers of {label} at {point ? preferenceText(point.preference) : "a point that is not there"}
          </h2>
          {point && (
            <p className="text-muted">
              {front.objectives.map((name, axis) => `${name} ${numberText(point.mean[axis])}`).join(", ")}: means over{" "}
              {countText(point.promptCount, "prompt")}
            </p>
          )}
        </div>
        <Button look="ghost" size="icon" aria-label="Close the answers" onClick={onClose}>
          <X aria-hidden />
        </Button>
      </div>
      {query.error ? (
        <p role="alert" className="text-bad">
          {sentenceOf(query.error)}
        </p>
      ) : query.isPending ? (
        <SkeletonRows rows={6} />
      ) : !isKept ? (
        <p className="text-muted">The answers behind this front were not kept: its run has no generations.</p>
      ) : (
        <div className="min-h-0 overflow-y-auto" tabIndex={0} role="region" aria-label="Answers">
          <ol className="flex flex-col gap-3">
            {answers.map(({ promptId, prompt, sample, text, rewards, tokens, finish }) => (
              <li key={`${promptId} ${sample}`} className="border-b border-line pb-3 last:border-b-0">
                <p className="font-medium break-words">{prompt}</p>
                <p className="mt-1 break-words whitespace-pre-wrap">{text === "" ? <em>(nothing)</em> : text}</p>
                <p className="mt-1.5 flex flex-wrap items-center gap-1.5 text-xs text-muted">
                  {rewards === null
                    ? "no rewards kept"
                    : front.objectives.map((name) => (
                        <Badge key={name} className="tabular-nums">
                          {name} {numberText(rewards[name])}
                        </Badge>
                      ))}
                  <span className="tabular-nums">
                    {countText(tokens, "token")}
                    {finish === "length" && ", cut off at its length"}
                  </span>
                </p>
              </li>
            ))}
          </ol>
          {answers.length === 0 && !query.hasNextPage && <p className="text-muted">No answers at this preference.</p>}
          {query.hasNextPage && (
            <Button busy={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()} className="mt-2">
              More answers
            </Button>
          )}
        </div>
      )}
    </section>
  );
}
