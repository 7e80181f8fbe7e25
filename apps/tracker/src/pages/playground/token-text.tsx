import type { TokenStep } from "@uniarm/core/schema";
import { useContext, useRef, useState } from "react";
import { classes } from "../../components/classes.ts";
import { gainNats, gainText, shadeColour, shadeOf } from "./shading.ts";
import { quoted } from "./flip.ts";
import { SteeredBy } from "./steered-by.ts";
import { TokenCard } from "./token-card.tsx";

export interface TokenTextProps {
  tokens: readonly TokenStep[];
  strength: number;
  label: string;
}

/** An answer token by token, shaded by how much the ARM likes each; the one with the focus has its card below. */
export function TokenText({ tokens, strength, label }: TokenTextProps) {
  const by = useContext(SteeredBy);
  const [at, setAt] = useState<number | null>(null);
  const group = useRef<HTMLDivElement>(null);
  const shown = at === null ? null : (tokens[at] ?? null);
  const go = (index: number): void => {
    group.current?.querySelector<HTMLElement>(`[data-token="${index}"]`)?.focus();
  };
  return (
    <>
      <div
        ref={group}
        role="group"
        aria-label={`${label}: tokens; arrow keys go from one to the next`}
        className="leading-7 break-words"
        onKeyDown={(event) => {
          const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
          if (step === undefined || at === null) return;
          event.preventDefault();
          go(Math.min(tokens.length - 1, Math.max(0, at + step)));
        }}
      >
        {tokens.map((token, index) => {
          const gain = gainNats(token, strength);
          return (
            <span
              key={index}
              role="button"
              data-token={index}
              tabIndex={index === (at ?? 0) ? 0 : -1}
              aria-pressed={index === at}
              aria-label={`${quoted(token.text)}, ${gainText(gain, by)}`}
              className={classes(
                "cursor-pointer rounded-xs py-0.5 whitespace-pre-wrap",
                token.text === "" && "px-1 text-xs text-muted",
                index === at && "outline-2 outline-accent",
              )}
              style={{ background: shadeColour(shadeOf(gain)) }}
              onFocus={() => setAt(index)}
              onClick={() => setAt(index)}
            >
              {token.text === "" ? "■" : token.text}
            </span>
          );
        })}
      </div>
      {shown && <TokenCard token={shown} strength={strength} onClose={() => setAt(null)} />}
    </>
  );
}
