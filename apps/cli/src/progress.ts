import { styleText } from "node:util";
import { SingleBar } from "cli-progress";

/** Shows one phase at a time: a bar with the time left on a terminal; elsewhere a first estimate where it is long, and a line per quarter. */
export interface Progress {
  update(phase: string, done: number, total: number, unit: string, note?: string): void;
  /** A line that stands above the bar. */
  line(text: string): void;
  /** Ends the current phase's bar and prints its time. */
  close(): void;
}

export function terminalProgress(stream: NodeJS.WriteStream = process.stderr): Progress {
  return stream.isTTY ? barProgress(stream) : lineProgress(stream);
}

export const silentProgress: Progress = { update: () => undefined, line: () => undefined, close: () => undefined };

function barProgress(stream: NodeJS.WriteStream): Progress {
  let bar: SingleBar | null = null;
  let current = "";
  let startedAt = 0;
  const close = (): void => {
    if (!bar) return;
    bar.stop();
    bar = null;
    stream.write(`${current.padEnd(PHASE_WIDTH)} ${styleText("dim", seconds(Date.now() - startedAt))}\n`);
  };
  return {
    update: (phase, done, total, unit, note = "") => {
      const beside = { note: note && `, ${note}` };
      if (phase !== current || !bar) {
        close();
        current = phase;
        startedAt = Date.now();
        bar = new SingleBar({
          stream,
          clearOnComplete: true,
          hideCursor: true,
          format: `${phase.padEnd(PHASE_WIDTH)} {bar} {value}/{total} ${unit}, {eta_formatted} left{note}`,
          barCompleteChar: "━",
          barIncompleteChar: " ",
          barsize: 32,
          fps: 5,
        });
        bar.start(total, done, beside);
      } else {
        bar.setTotal(total);
        bar.update(done, beside);
      }
    },
    line: (text) => {
      close();
      stream.write(`${text}\n`);
    },
    close,
  };
}

function lineProgress(stream: NodeJS.WriteStream): Progress {
  /** what is known of a phase, also while another one stands between its steps */
  const phases = new Map<string, { at: number; first: number; last: number; updates: number; quarter: number }>();
  return {
    update: (phase, done, total, unit, note = "") => {
      const before = phases.get(phase);
      const known =
        before && done >= before.last ? before : { at: Date.now(), first: done, last: done, updates: 0, quarter: 0 };
      phases.set(phase, known);
      known.last = done;
      known.updates += 1;
      const elapsed = Date.now() - known.at;
      const measured = done - known.first; // a run may go on where it was left
      const left = measured > 0 && done < total ? (elapsed / measured) * (total - done) : 0;
      const reached = Math.floor((4 * done) / Math.max(1, total));
      const isEstimate = known.updates === 1 + PROBES && left > LONG_MS;
      if (reached <= known.quarter && !isEstimate) return;
      known.quarter = reached;
      const time = `${seconds(elapsed)}${left > 0 ? `, ${seconds(left)} left` : ""}`;
      stream.write(`${phase.padEnd(PHASE_WIDTH)} ${done}/${total} ${unit}, ${time}${note && `; ${note}`}\n`);
    },
    line: (text) => {
      stream.write(`${text}\n`);
    },
    close: () => phases.clear(),
  };
}

const PHASE_WIDTH = 22;
/** What a first estimate is made from: so many steps after the first, which warms up. */
const PROBES = 2;
/** What is over sooner needs no estimate. */
const LONG_MS = 30_000;
const seconds = (milliseconds: number): string => `${(milliseconds / 1000).toFixed(1)} s`;
