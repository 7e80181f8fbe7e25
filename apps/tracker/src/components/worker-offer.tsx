import { askedText } from "@uniarm/pipeline/schema";
import type { Worker } from "../api/types.ts";

/** What a worker's jobs ask Slurm for, and what kinds, projects and labels change of that. */
export function WorkerOffer({ offer }: Pick<Worker, "offer">) {
  if (offer === null) return null;
  const changes = [offer.kinds, offer.projects, offer.labels].flatMap((layer) => Object.entries(layer));
  return (
    <details className="text-xs font-normal text-muted">
      <summary className="w-fit">Slurm: {askedText(offer.job) || "as the site has it"}</summary>
      <ul className="mt-1">
        {changes.map(([name, resources], index) => (
          <li key={index} className="break-words">
            {name}: {askedText(resources)}
          </li>
        ))}
      </ul>
    </details>
  );
}
