import { Check } from "lucide-react";
import { DropdownMenu as Radix } from "radix-ui";
import type { ReactNode } from "react";
import { classes } from "./classes.ts";
import { FLOATING, FLOATING_PLACE } from "./floating.ts";

export interface MenuItem {
  label: string;
  icon?: ReactNode;
  /** a check mark stands before those that are on */
  checked?: boolean;
  danger?: boolean;
  disabled?: boolean;
  onSelect: () => void;
}

/** `children` is the button that opens it. A checked item leaves it open. */
export function Menu({ items, children, label }: { items: readonly MenuItem[]; children: ReactNode; label?: string }) {
  return (
    <Radix.Root>
      <Radix.Trigger asChild>{children}</Radix.Trigger>
      <Radix.Portal>
        <Radix.Content
          {...FLOATING_PLACE}
          aria-label={label}
          className={classes(FLOATING, "max-h-(--radix-dropdown-menu-content-available-height) min-w-44 p-1")}
        >
          {items.map(({ label: name, icon, checked, danger = false, disabled = false, onSelect }) => (
            <Radix.Item
              key={name}
              disabled={disabled}
              onSelect={(event) => {
                if (checked !== undefined) event.preventDefault();
                onSelect();
              }}
              className={classes(
                "flex cursor-default items-center gap-2 rounded px-2 py-1.5 outline-none select-none data-disabled:opacity-50 data-highlighted:bg-accent-soft [&_svg]:size-4",
                danger && "text-bad",
              )}
            >
              {checked === undefined ? icon : <span className="size-4">{checked && <Check aria-hidden />}</span>}
              {name}
            </Radix.Item>
          ))}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
