import type { ReactNode } from "react";
import { classes } from "./classes.ts";

const TONES = {
  idle: "bg-idle-soft text-idle",
  busy: "bg-busy-soft text-busy",
  good: "bg-good-soft text-good",
  bad: "bg-bad-soft text-bad",
  warn: "bg-warn-soft text-warn",
};
export type Tone = keyof typeof TONES;

export function Badge({
  tone = "idle",
  className,
  children,
}: {
  tone?: Tone;
  className?: string;
  children: ReactNode;
}) {
  return (
    <span
      className={classes(
        "inline-flex max-w-full items-center gap-1 rounded-full px-2 py-0.5 text-xs font-medium whitespace-nowrap [&_svg]:size-3.5 [&_svg]:shrink-0",
        TONES[tone],
        className,
      )}
    >
      {children}
    </span>
  );
}
