import { useRef, useState, type MouseEvent, type PointerEvent } from "react";
import { boundedWidth } from "./column-widths.ts";

/** A drag shorter than this is a press, which sorts. */
const SHORTEST_PX = 6;

type Drag =
  | { type: "resize"; name: string; fromX: number; startPx: number; px: number }
  | { type: "move"; name: string; fromX: number; isFar: boolean; place: number };

interface Settings {
  /** names of the columns that can be moved, in their order */
  names: readonly string[];
  onOrder: (name: string, place: number) => void;
  onWidth: (name: string, px: number) => void;
}

export type HeadingDrag = ReturnType<typeof useHeadingDrag>;

/** Dragging a heading moves its column, dragging its right edge resizes it. By keys and by touch: in the menu of columns. */
export function useHeadingDrag({ names, onOrder, onWidth }: Settings) {
  const [drag, setDrag] = useState<Drag | null>(null);
  const wasFar = useRef(false);
  const end = (): void => {
    if (drag?.type === "resize" && drag.px !== drag.startPx) onWidth(drag.name, drag.px);
    if (drag?.type === "move" && drag.isFar && names[drag.place] !== drag.name) onOrder(drag.name, drag.place);
    setDrag(null);
    setTimeout(() => (wasFar.current = false)); // the click that ends it comes before
  };
  const cancel = (): void => setDrag(null);
  return {
    /** the column whose edge is dragged, and how wide it is meanwhile */
    resizing: drag?.type === "resize" ? { name: drag.name, px: drag.px } : null,
    /** the heading that is moved, and the one at whose place it would stand */
    moving:
      drag?.type === "move" && drag.isFar
        ? { name: drag.name, to: names[drag.place], isRight: drag.place > names.indexOf(drag.name) }
        : null,
    headingProps: (name: string) =>
      names.includes(name) && {
        onPointerDown: (event: PointerEvent) => {
          if (event.button === 0 && event.pointerType !== "touch")
            setDrag({ type: "move", name, fromX: event.clientX, isFar: false, place: names.indexOf(name) });
        },
        onPointerMove: (event: PointerEvent) => {
          if (drag?.type !== "move") return;
          if (!drag.isFar && Math.abs(event.clientX - drag.fromX) < SHORTEST_PX) return;
          event.currentTarget.setPointerCapture(event.pointerId);
          wasFar.current = true;
          setDrag({ ...drag, isFar: true, place: placeAt(event, names) ?? drag.place });
        },
        onPointerUp: end,
        onPointerCancel: cancel,
        // the press that ends a drag does not sort
        onClickCapture: (event: MouseEvent) => {
          if (wasFar.current) event.stopPropagation();
        },
      },
    edgeProps: (name: string) => ({
      onPointerDown: (event: PointerEvent) => {
        event.stopPropagation();
        if (event.button !== 0) return;
        event.currentTarget.setPointerCapture(event.pointerId);
        const startPx = boundedWidth(event.currentTarget.parentElement!.getBoundingClientRect().width);
        setDrag({ type: "resize", name, fromX: event.clientX, startPx, px: startPx });
      },
      onPointerMove: (event: PointerEvent) => {
        event.stopPropagation();
        if (drag?.type === "resize") setDrag({ ...drag, px: boundedWidth(drag.startPx + event.clientX - drag.fromX) });
      },
      onPointerUp: (event: PointerEvent) => {
        event.stopPropagation();
        end();
      },
      onPointerCancel: cancel,
    }),
  };
}

/** The place of the column whose heading is under the pointer. */
function placeAt(event: PointerEvent, names: readonly string[]): number | null {
  const row = event.currentTarget.closest("[role=row]");
  const under = [...(row?.querySelectorAll<HTMLElement>("[data-column]") ?? [])].find((heading) => {
    const { left, right } = heading.getBoundingClientRect();
    return event.clientX >= left && event.clientX <= right;
  });
  const place = names.indexOf(under?.dataset.column ?? "");
  return place < 0 ? null : place;
}
