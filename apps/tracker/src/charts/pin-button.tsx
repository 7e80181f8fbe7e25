import { Pin, PinOff } from "lucide-react";
import { Button } from "../components/button.tsx";
import { Tooltip } from "../components/tooltip.tsx";
import type { Pins } from "../api/pins.ts";

/** Puts a metric before all others, for everybody who sees the project; or back to where it was. */
export function PinButton({ name, pins }: { name: string; pins: Pins }) {
  const isPinned = pins.pinned.includes(name);
  return (
    <Tooltip tip={isPinned ? "Unpin" : "Pin: show it first in this project"}>
      <Button
        look="ghost"
        size="small"
        aria-pressed={isPinned}
        aria-label={`${name}: pin`}
        onClick={() => pins.pin(name, !isPinned)}
      >
        {isPinned ? <PinOff aria-hidden /> : <Pin aria-hidden />}
      </Button>
    </Tooltip>
  );
}
