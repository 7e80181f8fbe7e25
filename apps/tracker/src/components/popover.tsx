import { Popover as Radix } from "radix-ui";
import type { ReactNode } from "react";
import { classes } from "./classes.ts";
import { FLOATING, FLOATING_PLACE } from "./floating.ts";

/** A small panel at its button. */
export function Popover({ trigger, label, children }: { trigger: ReactNode; label: string; children: ReactNode }) {
  return (
    <Radix.Root>
      <Radix.Trigger asChild>{trigger}</Radix.Trigger>
      <Radix.Portal>
        <Radix.Content
          {...FLOATING_PLACE}
          aria-label={label}
          className={classes(
            FLOATING,
            "max-h-(--radix-popover-content-available-height) w-80 max-w-[calc(100vw-1rem)] p-3",
          )}
        >
          {children}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
