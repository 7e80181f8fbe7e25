import type { ComponentProps } from "react";
import { classes } from "./classes.ts";

const LOOK =
  "w-full min-w-0 rounded-md border border-line-strong bg-surface px-3 text-ink aria-invalid:border-bad disabled:opacity-60 read-only:bg-sunken";

export function Input({ className, ...rest }: ComponentProps<"input">) {
  return <input {...rest} className={classes(LOOK, "h-9", className)} />;
}

export function TextArea({ className, ...rest }: ComponentProps<"textarea">) {
  return <textarea {...rest} className={classes(LOOK, "py-2", className)} />;
}
