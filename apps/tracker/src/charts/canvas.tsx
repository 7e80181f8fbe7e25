import { useEffect, useRef, useState } from "react";
import { openChart, type EChartsType } from "./echarts.ts";
import { KEY_HINT, zoomOfKey, type Zoom } from "./key-zoom.ts";
import type { ChartOption } from "./option.ts";

export interface CanvasProps {
  option: ChartOption;
  height: number;
  /** what it shows, for screen readers */
  label: string;
  /** a stretch of the x axis was dragged over */
  onRange?: ((from: number, to: number) => void) | undefined;
  /** a key asks for another stretch of it */
  onZoom?: ((zoom: Zoom) => void) | undefined;
  /** a point was pressed: number of its series and of the point */
  onPoint?: ((seriesIndex: number, dataIndex: number) => void) | undefined;
}

/** A drag shorter than this is a click. */
const SHORTEST_PX = 6;

/** The chart itself; loaded with ECharts, by ChartFrame. */
export function Canvas({ option, height, label, onRange, onZoom, onPoint }: CanvasProps) {
  const element = useRef<HTMLDivElement>(null);
  const chart = useRef<EChartsType>(null);
  useEffect(() => {
    const opened = openChart(element.current!);
    chart.current = opened;
    const observer = new ResizeObserver(() => opened.resize());
    observer.observe(element.current!);
    return () => {
      observer.disconnect();
      opened.dispose();
      chart.current = null;
    };
  }, []);
  useEffect(() => {
    chart.current?.setOption(option, { notMerge: true, lazyUpdate: true });
  }, [option]);
  useEffect(() => {
    const opened = chart.current;
    if (!opened || !onPoint) return;
    const onClick = (event: unknown): void => {
      const { seriesIndex, dataIndex } = event as { seriesIndex?: number; dataIndex?: number };
      if (seriesIndex !== undefined && dataIndex !== undefined) onPoint(seriesIndex, dataIndex);
    };
    opened.on("click", onClick);
    return () => {
      if (!opened.isDisposed()) opened.off("click", onClick);
    };
  }, [onPoint]);
  const drag = useDrag(chart, onRange);
  return (
    <div className="relative" {...drag.handlers} {...(onZoom && zoomKeys(label, onZoom))}>
      <div ref={element} role="img" aria-label={label} style={{ height }} className="w-full" />
      {drag.span && (
        <div
          aria-hidden
          className="pointer-events-none absolute inset-y-0 border-x border-accent bg-accent/15"
          style={{ left: drag.span.left, width: drag.span.width }}
        />
      )}
    </div>
  );
}

/** The chart takes the focus, and keys of its own: to screen readers it is an application. */
const zoomKeys = (label: string, onZoom: (zoom: Zoom) => void) => ({
  role: "application",
  tabIndex: 0,
  "aria-label": `${label}: zoom`,
  "aria-description": KEY_HINT,
  "aria-keyshortcuts": "+ - ArrowLeft ArrowRight 0",
  onKeyDown: (event: React.KeyboardEvent) => {
    const zoom = zoomOfKey(event);
    if (zoom === null) return;
    event.preventDefault();
    onZoom(zoom);
  },
});

/** Dragging over the chart chooses a stretch of its x axis. */
function useDrag(chart: React.RefObject<EChartsType | null>, onRange: CanvasProps["onRange"]) {
  const [drag, setDrag] = useState<{ from: number; to: number } | null>(null);
  const place = (event: React.PointerEvent): number => event.clientX - event.currentTarget.getBoundingClientRect().left;
  const valueAt = (x: number): number => Number(chart.current?.convertFromPixel({ xAxisIndex: 0 }, x));
  if (!onRange) return { span: null, handlers: {} };
  return {
    span: drag && { left: Math.min(drag.from, drag.to), width: Math.abs(drag.to - drag.from) },
    handlers: {
      onPointerDown: (event: React.PointerEvent) => {
        if (event.button !== 0 || event.pointerType === "touch") return;
        setDrag({ from: place(event), to: place(event) });
      },
      onPointerMove: (event: React.PointerEvent) => {
        if (drag) setDrag({ ...drag, to: place(event) });
      },
      onPointerUp: () => {
        if (drag && Math.abs(drag.to - drag.from) >= SHORTEST_PX) {
          const ends = [valueAt(drag.from), valueAt(drag.to)].sort((a, b) => a - b);
          if (ends.every(Number.isFinite)) onRange(ends[0]!, ends[1]!);
        }
        setDrag(null);
      },
      onPointerLeave: () => setDrag(null),
    },
  };
}
