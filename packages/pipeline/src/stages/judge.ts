import { existsSync } from "node:fs";
import { dirname } from "node:path";
import { judgeFiles } from "../judge/judge-files.ts";
import { JudgeJob } from "../schema/jobs.ts";
import type { StageContext, StageEvent } from "./stage.ts";

const QUESTIONS_PER_EVENT = 20;

/**
 * Answers against an opponent's -> verdicts.jsonl and judge.json with the win rates. What the judge has answered lies in
 * judge.cache.jsonl, from which it resumes: nothing is asked or paid for twice. The key is looked up in this process's
 * environment; a worker asks only the endpoints that it was started to ask.
 */
export async function* judgeStage(given: unknown, { signal, place }: StageContext): AsyncGenerator<StageEvent> {
  const job = JudgeJob.parse(given);
  const [output, report, cache] = ["verdicts.jsonl", "judge.json", "judge.cache.jsonl"].map(place) as [
    string,
    string,
    string,
  ];
  const files = { output, report, cache };
  let answered = 0;
  const resumable = (): StageEvent[] =>
    existsSync(cache) ? [{ type: "resumable", step: answered, path: dirname(cache) }] : [];
  const events = judgeFiles({ ...job, ...files }, { signal, environment: process.env });
  try {
    for (;;) {
      const next = await events.next();
      if (next.done) {
        const judged = next.value;
        if (!judged) return;
        const pairs = judged.rates.reduce((sum, rate) => sum + rate.pairs, 0);
        yield { type: "artifact", name: "verdicts", count: pairs, files: { "verdicts.jsonl": output } };
        yield { type: "artifact", name: "judged", files: { "judge.json": report } };
        yield {
          type: "ended",
          end: "SUCCEEDED",
          reason: `${pairs} verdicts, ${judged.usage.answers} answers of the judge`,
        };
        return;
      }
      const event = next.value;
      if (event.type === "report") continue; // of fronts: a judge measures none
      yield event;
      if (event.type === "progress") {
        answered = event.done;
        if (answered % QUESTIONS_PER_EVENT === 0) yield* resumable();
      }
      if (event.type === "stopped") {
        yield* resumable();
        yield { type: "ended", end: "STOPPED", reason: event.message };
      }
    }
  } catch (error) {
    yield* resumable(); // what was answered was paid for
    throw error;
  }
}
