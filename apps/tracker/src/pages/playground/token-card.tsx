import type { TokenStep } from "@uniarm/core/schema";
import { X } from "lucide-react";
import { useContext } from "react";
import { Button } from "../../components/button.tsx";
import { flipSentence, quoted } from "./flip.ts";
import { SteeredBy } from "./steered-by.ts";

/** 3.2 % for people, nats for the arithmetic. */
function logProbText(logProb: number | null): string {
  if (logProb === null) return "–";
  const share = Math.exp(logProb) * 100;
  const percent = share >= 0.1 ? share.toFixed(1) : share.toExponential(0);
  return `${logProb.toFixed(2).replace(/^-(0\.00)$/, "$1")} (${percent} %)`;
}

/** What base, ARM and their product say of a token and of the runner-up. */
export function TokenCard({ token, strength, onClose }: { token: TokenStep; strength: number; onClose: () => void }) {
  const by = useContext(SteeredBy);
  const rows = [
    { name: "base", of: (step: Pick<TokenStep, "base">) => step.base },
    ...(strength > 0 ? [{ name: by, of: (step: Pick<TokenStep, "arm">) => step.arm / strength }] : []),
    { name: "fused", of: (step: Pick<TokenStep, "fused">) => step.fused },
  ];
  return (
    <section
      aria-label="Token"
      aria-live="polite"
      className="mt-3 rounded-md border border-line-strong bg-sunken p-3 text-xs"
    >
      <div className="flex items-start justify-between gap-2">
        <p>{flipSentence(token, by)}</p>
        <Button look="ghost" size="small" aria-label="Close the token's card" onClick={onClose}>
          <X aria-hidden />
        </Button>
      </div>
      <table className="mt-2 w-full text-left tabular-nums">
        <thead>
          <tr className="text-muted">
            <th scope="col" className="pr-2 font-semibold">
              log p, nats
            </th>
            <th scope="col" className="pr-2 font-semibold break-all">
              {quoted(token.text)}
            </th>
            <th scope="col" className="font-semibold break-all">
              runner-up {quoted(token.runnerUp.text)}
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ name, of }) => (
            <tr key={name}>
              <th scope="row" className="pr-2 font-normal text-muted">
                {name}
              </th>
              <td className="pr-2">{logProbText(of(token))}</td>
              <td>{logProbText(of(token.runnerUp))}</td>
            </tr>
          ))}
          {token.arms.length > 1 &&
            token.arms.map((logProb, index) => (
              <tr key={index}>
                <th scope="row" className="pr-2 font-normal text-muted">
                  {by} {index + 1}
                </th>
                <td className="pr-2">{logProbText(logProb)}</td>
                <td>{logProbText(token.runnerUp.arms[index] ?? null)}</td>
              </tr>
            ))}
        </tbody>
      </table>
    </section>
  );
}
