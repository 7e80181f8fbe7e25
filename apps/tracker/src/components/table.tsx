import type { ComponentProps } from "react";
import { classes } from "./classes.ts";

/** A plain table for at most some hundred rows; longer ones are virtual (pages/run-list). It scrolls sideways by itself, and with it (relative) what only screen readers see. */
export function Table({ className, label, ...rest }: ComponentProps<"table"> & { label: string }) {
  return (
    <div
      className="relative overflow-x-auto rounded-lg border border-line bg-surface"
      tabIndex={0}
      role="region"
      aria-label={label}
    >
      <table {...rest} className={classes("w-full border-collapse text-left", className)} />
    </div>
  );
}

export const Th = ({ className, ...rest }: ComponentProps<"th">) => (
  <th
    scope="col"
    {...rest}
    className={classes(
      "border-b border-line bg-sunken px-3 py-2 text-xs font-semibold whitespace-nowrap text-muted",
      className,
    )}
  />
);

export const Td = ({ className, ...rest }: ComponentProps<"td">) => (
  <td
    {...rest}
    className={classes("border-b border-line px-3 py-2 align-top [tr:last-child>&]:border-b-0", className)}
  />
);
