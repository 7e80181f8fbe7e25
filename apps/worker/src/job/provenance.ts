import { openedEngine } from "@uniarm/core";
import { provenanceHere } from "@uniarm/client/provenance";
import type { JobReport } from "@uniarm/pipeline/schema";

/** Tells what the job's process runs with: as it begins, and again with its engine once it has opened one. */
export function toldProvenance(tell: (report: JobReport) => void) {
  const packages: [string, ...string[]] = [import.meta.url, import.meta.resolve("@uniarm/core")];
  let hasEngine = false;
  const say = async (): Promise<void> => {
    const engine = openedEngine();
    hasEngine = engine !== null;
    tell({ type: "provenance", provenance: await provenanceHere(packages, engine) });
  };
  return {
    begin: say,
    look: async (): Promise<void> => {
      if (!hasEngine && openedEngine() !== null) await say();
    },
  };
}
