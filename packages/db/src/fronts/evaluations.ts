import type { EvaluationReport } from "@uniarm/core/schema";
import { prismaOf, type Database } from "../database.ts";

export interface StoredEvaluation {
  id: string;
  runId: string;
  protocolHash: string;
  report: EvaluationReport;
  createdAt: Date;
}

/** Evaluation reports of a run, oldest first. */
export async function listEvaluations(db: Database, runId: string): Promise<StoredEvaluation[]> {
  const found = await prismaOf(db).evaluation.findMany({ where: { runId }, orderBy: { createdAt: "asc" } });
  return found.map((row) => ({ ...row, report: row.report as unknown as EvaluationReport }));
}
