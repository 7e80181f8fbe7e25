import { Slot } from "radix-ui";
import type { ComponentProps } from "react";
import { classes } from "./classes.ts";

const LOOKS = {
  plain: "border border-line-strong bg-surface text-ink hover:bg-sunken",
  primary: "border border-transparent bg-accent text-accent-ink hover:brightness-110",
  danger: "border border-bad bg-surface text-bad hover:bg-bad-soft",
  ghost: "border border-transparent text-ink hover:bg-sunken",
};
const SIZES = { normal: "h-9 px-3 gap-2", small: "h-7 px-2 gap-1.5 text-xs", icon: "size-9 justify-center" };

export interface ButtonProps extends ComponentProps<"button"> {
  look?: keyof typeof LOOKS;
  size?: keyof typeof SIZES;
  /** the child is the button, e.g. a link */
  asChild?: boolean;
  /** working: it cannot be pressed again meanwhile */
  busy?: boolean;
}

export const buttonLook = (look: keyof typeof LOOKS = "plain", size: keyof typeof SIZES = "normal"): string =>
  classes(
    "inline-flex shrink-0 items-center rounded-md font-medium whitespace-nowrap transition-colors disabled:opacity-50",
    "[&_svg]:size-4 [&_svg]:shrink-0",
    LOOKS[look],
    SIZES[size],
  );

export function Button({ look, size, asChild = false, busy = false, className, ...rest }: ButtonProps) {
  const Element = asChild ? Slot.Root : "button";
  return (
    <Element
      {...(asChild ? {} : { type: "button" as const })}
      aria-busy={busy || undefined}
      {...rest}
      {...(asChild ? {} : { disabled: busy || rest.disabled === true })}
      className={classes(buttonLook(look, size), busy && "animate-pulse", className)}
    />
  );
}
