import { X } from "lucide-react";
import { Dialog as Radix } from "radix-ui";
import { useRef, type ReactNode } from "react";
import { Button } from "./button.tsx";
import { classes } from "./classes.ts";

export interface DialogProps {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  title: string;
  /** one sentence under the title */
  description?: ReactNode;
  children?: ReactNode;
  /** buttons, the main one last */
  actions?: ReactNode;
  wide?: boolean;
}

export function Dialog({ open, onOpenChange, title, description, children, actions, wide = false }: DialogProps) {
  /** what had the focus before it, and has it again after */
  const origin = useRef<HTMLElement>(null);
  return (
    <Radix.Root open={open} onOpenChange={onOpenChange}>
      <Radix.Portal>
        <Radix.Overlay className="fixed inset-0 z-40 bg-black/50" />
        <Radix.Content
          className={classes(
            "fixed top-1/2 left-1/2 z-50 flex max-h-[90dvh] w-[calc(100vw-2rem)] -translate-x-1/2 -translate-y-1/2 flex-col gap-4 overflow-y-auto rounded-lg border border-line bg-surface p-5 shadow-2xl",
            wide ? "max-w-3xl" : "max-w-lg",
          )}
          onOpenAutoFocus={() => (origin.current = document.activeElement as HTMLElement | null)}
          onCloseAutoFocus={(event) => {
            event.preventDefault(); // by itself it looks for a trigger, which these have not
            origin.current?.focus();
          }}
          {...(description === undefined ? { "aria-describedby": undefined } : {})}
        >
          <div className="pr-10">
            <Radix.Title className="text-lg font-semibold">{title}</Radix.Title>
            {description !== undefined && (
              <Radix.Description className="mt-1 text-muted">{description}</Radix.Description>
            )}
          </div>
          <Radix.Close asChild>
            <Button look="ghost" size="icon" aria-label="Close" className="absolute top-3 right-3">
              <X aria-hidden />
            </Button>
          </Radix.Close>
          {children}
          {actions !== undefined && <div className="flex flex-wrap justify-end gap-2">{actions}</div>}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
