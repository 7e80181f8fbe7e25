import type { RunChange } from "../../api/types.ts";

const withReason = (sentence: string, reason: string): string => (reason === "" ? sentence : `${sentence}: ${reason}`);

/** What happened, in words. */
export function sentenceOfChange(change: RunChange): string {
  switch (change.type) {
    case "state":
      return withReason(`The run is ${change.data.state}`, change.data.reason);
    case "desired":
      return change.data.desiredState === "CANCEL" ? "It was asked to stop" : "It was asked to run";
    case "attempt": {
      const { number, state, reason, resumedFromStep } = change.data;
      const from = state === "RUNNING" && resumedFromStep >= 0 ? ` from step ${resumedFromStep}` : "";
      return withReason(`Attempt ${number} is ${state}${from}`, reason);
    }
    case "child":
      return `${change.data.name} is ${change.data.state}`;
    case "notice":
      return change.data.message;
    case "checkpoint":
      return `A checkpoint was saved at step ${change.data.step}`;
    case "provenance":
      return `Attempt ${change.data.attempt} said what it runs with`;
    case "artifact":
      return `Its output ${change.data.name} is stored`;
    case "front":
      return `The front ${change.data.name} is stored`;
    case "metrics":
      return `${change.data.count} points up to step ${change.data.step}`;
    case "log":
      return "The log grew";
    case "progress":
      return `${change.data.phase}: ${change.data.done} of ${change.data.total} ${change.data.unit}`;
  }
}
