import { lazy, Suspense } from "react";

const PaletteContent = lazy(async () => ({ default: (await import("./palette-content.tsx")).PaletteContent }));

/** Ctrl+K. What it is made of loads when it is first opened. */
export function Palette({ open, onOpenChange }: { open: boolean; onOpenChange: (open: boolean) => void }) {
  if (!open) return null;
  return (
    <Suspense>
      <PaletteContent onClose={() => onOpenChange(false)} />
    </Suspense>
  );
}
