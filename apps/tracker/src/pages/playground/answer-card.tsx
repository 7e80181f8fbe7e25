import { X } from "lucide-react";
import { useContext, type ReactNode } from "react";
import { Button } from "../../components/button.tsx";
import { Skeleton } from "../../components/skeleton.tsx";
import { numberText } from "../../text/number.ts";
import { quoted } from "./flip.ts";
import { overGuidance } from "./gauge.ts";
import { OverGuidanceGauge } from "./over-guidance.tsx";
import { gainNats } from "./shading.ts";
import { SteeredBy } from "./steered-by.ts";
import { TokenText } from "./token-text.tsx";
import type { Generation, RowState } from "./use-generation.ts";

export interface AnswerCardProps {
  title: string;
  row: RowState | undefined;
  state: Generation["state"];
  /** 0 for the base model's own answer */
  strength: number;
  control?: ReactNode;
  rewards?: ReactNode;
  onRemove?: (() => void) | undefined;
}

const FINISH = {
  eos: "ended by itself",
  length: "cut off at its length",
  stop: "ended at a stop string",
  cancelled: "cancelled",
};

/** One answer as it comes, with the preference it comes under. */
export function AnswerCard({ title, row, state, strength, control, rewards, onRemove }: AnswerCardProps) {
  const by = useContext(SteeredBy);
  const tokens = row?.tokens ?? [];
  const text = row?.end?.text ?? tokens.map((token) => token.text).join("");
  const isWaiting = tokens.length === 0 && row?.end == null && ["asking", "queued", "loading", "ready"].includes(state);
  return (
    <article aria-label={title} className="flex min-w-0 flex-col gap-3 rounded-lg border border-line bg-surface p-4">
      <div className="flex items-center justify-between gap-2">
        <h3 className="font-semibold">{title}</h3>
        {onRemove && (
          <Button look="ghost" size="small" aria-label={`Remove: ${title}`} onClick={onRemove}>
            <X aria-hidden />
          </Button>
        )}
      </div>
      {control}
      <div className="min-h-24" aria-busy={isWaiting}>
        {isWaiting ? (
          <div className="flex flex-col gap-2 pt-1" role="status" aria-label="Waiting for the first token">
            <Skeleton className="h-4" />
            <Skeleton className="h-4 w-4/5" />
            <Skeleton className="h-4 w-3/5" />
          </div>
        ) : tokens.length === 0 ? (
          <p className="text-muted">{row?.end ? "(nothing)" : "No answer yet."}</p>
        ) : (
          <TokenText tokens={tokens} strength={strength} label={title} />
        )}
      </div>
      {tokens.length > 0 && (
        <OverGuidanceGauge
          gauge={overGuidance(
            text,
            tokens.map(({ base }) => base),
          )}
        />
      )}
      {rewards}
      {tokens.length > 0 && (
        <details className="text-xs text-muted">
          <summary>
            {tokens.length} tokens as a table
            {row?.end && `; ${FINISH[row.end.finish]}, log p ${numberText(row.end.logProbNats)} nats`}
          </summary>
          <div className="mt-2 max-h-64 overflow-auto" tabIndex={0} role="region" aria-label={`${title}: tokens`}>
            <table className="w-full text-left tabular-nums">
              <thead>
                <tr>
                  {["token", "base", `${by} − base`, "fused", "runner-up"].map((name) => (
                    <th key={name} scope="col" className="pr-3 font-semibold">
                      {name}
                    </th>
                  ))}
                </tr>
              </thead>
              <tbody>
                {tokens.map((token, index) => (
                  <tr key={index}>
                    <td className="pr-3 whitespace-pre">{quoted(token.text)}</td>
                    <td className="pr-3">{token.base.toFixed(2)}</td>
                    <td className="pr-3">{gainNats(token, strength)?.toFixed(2) ?? "–"}</td>
                    <td className="pr-3">{token.fused.toFixed(2)}</td>
                    <td className="whitespace-pre">{quoted(token.runnerUp.text)}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        </details>
      )}
    </article>
  );
}
