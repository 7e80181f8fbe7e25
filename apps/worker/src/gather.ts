import type { EndedReport } from "@uniarm/pipeline/schema";
import type { JobProcess } from "./launcher/job-process.ts";
import type { JobOver } from "./launcher/launcher.ts";
import { fitReport } from "./fit-report.ts";
import type { Outbox } from "./outbox.ts";
import type { Conversation } from "./playground.ts";
import { tellCuts } from "./tell-cuts.ts";

const LOG_CHARACTERS = 60_000;

export interface Gathered extends Pick<JobOver, "last" | "exit"> {
  lastSequence: number;
  /** of the last checkpoint that it reported; null: none */
  savedStep: number | null;
}

/** Puts what a job's process says and prints into an outbox until it is over; a job that cannot be written down is killed. */
export async function gather(
  process: JobProcess,
  outbox: Outbox,
  converse: (send: JobProcess["send"]) => Conversation,
): Promise<Gathered> {
  let last: EndedReport | null = null;
  let savedStep: number | null = null;
  let conversation: Conversation | null = null;
  process.onOutput((stream, text) => {
    for (let start = 0; start < text.length; start += LOG_CHARACTERS)
      void outbox
        .add({ type: "log", stream, text: text.slice(start, start + LOG_CHARACTERS) })
        .catch(() => process.kill()); // told by the next report, or the reader
  });
  const cutting = tellCuts((message) => outbox.add({ type: "notice", code: "report-cut", message }));
  try {
    for await (const line of process.reports) {
      const { report, cuts } = fitReport(line);
      await cutting.add(cuts);
      if (report?.type === "ended") last = report;
      else if (report?.type === "ready") conversation = converse(process.send);
      else if (report?.type === "chunk") conversation?.tell(report.chunk);
      else if (report) await outbox.add(report);
      if (report?.type === "checkpoint") savedStep = report.step;
    }
    const exit = await process.exited;
    await conversation?.end();
    await cutting.end();
    return { last, exit, lastSequence: outbox.lastSequence(), savedStep };
  } catch (error) {
    process.kill();
    await process.exited;
    await conversation?.end();
    throw error;
  }
}
