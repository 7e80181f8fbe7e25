import { useRef } from "react";
import { fromTernary, ternary } from "../fronts/geometry.ts";
import type { PreferenceControlProps } from "./preference-control-props.ts";
import { rounded, withEntry } from "./preferences.ts";

const SIDE = 150;
const TOP = (SIDE * Math.sqrt(3)) / 2;
const PAD_X = 26;
const PAD_Y = 28;
const STEP = 0.05;

/** Arrow right and left: the second against the first; up and down: more or less of the third. */
const MOVES: Record<string, { entry: number; by: number }> = {
  ArrowRight: { entry: 1, by: STEP },
  ArrowLeft: { entry: 0, by: STEP },
  ArrowUp: { entry: 2, by: STEP },
  ArrowDown: { entry: 2, by: -STEP },
};

/** A point between three objectives, dragged or moved by arrow keys. The sliders beside it say the same. */
export function PreferenceTriangle({ objectives, value, onChange, label }: PreferenceControlProps) {
  const svg = useRef<SVGSVGElement>(null);
  const [x, y] = ternary(value as [number, number, number]);
  const choose = (event: React.PointerEvent): void => {
    const box = svg.current!.getBoundingClientRect();
    const scale = (SIDE + 2 * PAD_X) / box.width;
    const place: [number, number] = [
      ((event.clientX - box.left) * scale - PAD_X) / SIDE,
      (TOP + PAD_Y - (event.clientY - box.top) * scale) / SIDE,
    ];
    onChange(rounded(fromTernary(place)));
  };
  const text = objectives.map((name, index) => `${name} ${Math.round((value[index] ?? 0) * 100)} %`).join(", ");
  const [first = "", second = "", third = ""] = objectives;
  return (
    <svg
      ref={svg}
      viewBox={`0 0 ${SIDE + 2 * PAD_X} ${TOP + 2 * PAD_Y}`}
      className="w-52 shrink-0 cursor-pointer touch-none rounded"
      role="slider"
      tabIndex={0}
      aria-label={`${label}: preference`}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.round((value[0] ?? 0) * 100)}
      aria-valuetext={text}
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        choose(event);
      }}
      onPointerMove={(event) => {
        if (event.buttons > 0) choose(event);
      }}
      onKeyDown={(event) => {
        const move = MOVES[event.key];
        if (!move) return;
        event.preventDefault();
        onChange(withEntry(value, move.entry, (value[move.entry] ?? 0) + move.by));
      }}
    >
      <path
        d={`M${PAD_X} ${TOP + PAD_Y}h${SIDE}L${PAD_X + SIDE / 2} ${PAD_Y}z`}
        fill="var(--sunken)"
        stroke="var(--line-strong)"
      />
      <g fontSize={11} fill="var(--ink)" aria-hidden>
        <text x={PAD_X} y={TOP + PAD_Y + 22} textAnchor="middle">
          {first}
        </text>
        <text x={PAD_X + SIDE} y={TOP + PAD_Y + 22} textAnchor="middle">
          {second}
        </text>
        <text x={PAD_X + SIDE / 2} y={PAD_Y - 14} textAnchor="middle">
          {third}
        </text>
      </g>
      <circle
        cx={PAD_X + x * SIDE}
        cy={TOP + PAD_Y - y * SIDE}
        r={8}
        fill="var(--surface)"
        stroke="var(--accent)"
        strokeWidth={3}
      />
    </svg>
  );
}
