import { styleText } from "node:util";
import { SingleBar } from "cli-progress";

/** Shows one phase at a time: a bar with the time left on a terminal, a line per quarter elsewhere. */
export interface Progress {
  update(phase: string, done: number, total: number, unit: string): void;
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
    update: (phase, done, total, unit) => {
      if (phase !== current || !bar) {
        close();
        current = phase;
        startedAt = Date.now();
        bar = new SingleBar({
          stream,
          clearOnComplete: true,
          hideCursor: true,
          format: `${phase.padEnd(PHASE_WIDTH)} {bar} {value}/{total} ${unit}, {eta_formatted} left`,
          barCompleteChar: "━",
          barIncompleteChar: " ",
          barsize: 32,
          fps: 5,
        });
        bar.start(total, done);
      } else {
        bar.setTotal(total);
        bar.update(done);
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
  let current = "";
  let startedAt = 0;
  let quarter = 0;
  return {
    update: (phase, done, total, unit) => {
      if (phase !== current) {
        current = phase;
        startedAt = Date.now();
        quarter = 0;
      }
      const reached = Math.floor((4 * done) / Math.max(1, total));
      if (reached <= quarter) return;
      quarter = reached;
      const elapsed = Date.now() - startedAt;
      const left = done < total ? `, ${seconds((elapsed / done) * (total - done))} left` : "";
      stream.write(`${phase.padEnd(PHASE_WIDTH)} ${done}/${total} ${unit}, ${seconds(elapsed)}${left}\n`);
    },
    line: (text) => {
      stream.write(`${text}\n`);
    },
    close: () => {
      current = "";
    },
  };
}

const PHASE_WIDTH = 22;
const seconds = (milliseconds: number): string => `${(milliseconds / 1000).toFixed(1)} s`;
