import {
  Ban,
  CircleCheck,
  CircleDashed,
  Clock3,
  LoaderCircle,
  OctagonX,
  PlugZap,
  Undo2,
  type LucideIcon,
} from "lucide-react";
import { Badge, type Tone } from "./badge.tsx";

const STATES: Record<string, { tone: Tone; icon: LucideIcon; word: string }> = {
  WAITING: { tone: "idle", icon: CircleDashed, word: "waiting" },
  QUEUED: { tone: "warn", icon: Clock3, word: "queued" },
  RUNNING: { tone: "busy", icon: LoaderCircle, word: "running" },
  SUCCEEDED: { tone: "good", icon: CircleCheck, word: "succeeded" },
  FAILED: { tone: "bad", icon: OctagonX, word: "failed" },
  CANCELLED: { tone: "idle", icon: Ban, word: "cancelled" },
  LOST: { tone: "warn", icon: PlugZap, word: "lost" },
  DRAINED: { tone: "idle", icon: Undo2, word: "given back" },
};

/** State of a run or an attempt: word, shape and colour. */
export function StateBadge({ state, stopping = false }: { state: string; stopping?: boolean }) {
  const { tone, icon: Icon, word } = STATES[state] ?? { tone: "idle" as const, icon: CircleDashed, word: state };
  return (
    <Badge tone={stopping ? "warn" : tone}>
      <Icon aria-hidden className={state === "RUNNING" ? "animate-spin [animation-duration:2.5s]" : ""} />
      {stopping ? "cancelling" : word}
    </Badge>
  );
}
