import { availableParallelism } from "node:os";
import type { JobReport } from "@uniarm/pipeline/schema";

/**
 * What a job's process takes: `system/memoryMb` resident now, `system/peakMemoryMb` at most so far, and `system/cpu` in
 * cores, since the last report. They lie at the step of the job's own newest metric or progress, so that what a later
 * attempt does again replaces them too.
 */
export function systemMetrics(firstStep: number): { note: (report: JobReport) => void; report: () => JobReport } {
  let step = firstStep;
  let used = process.cpuUsage();
  let since = performance.now();
  return {
    note: (report) => {
      if (report.type === "metric") step = report.step;
      else if (report.type === "progress") step = Math.max(step, report.done);
    },
    report: () => {
      const { user, system } = process.cpuUsage(used);
      const elapsedMs = performance.now() - since;
      used = process.cpuUsage();
      since = performance.now();
      const cores = Math.min(availableParallelism(), (user + system) / 1000 / Math.max(1, elapsedMs));
      return {
        type: "metric",
        step,
        values: {
          "system/memoryMb": Math.round(process.memoryUsage.rss() / 1e6),
          "system/peakMemoryMb": Math.round(process.resourceUsage().maxRSS / 1e3),
          "system/cpu": Math.round(100 * cores) / 100,
        },
      };
    },
  };
}
