import { ArrowLeft, ArrowRight, Minus, Plus } from "lucide-react";
import { useState, type ReactNode } from "react";
import { Button } from "../../components/button.tsx";
import { boundedWidth, movedTo, WIDTH_STEP_PX } from "./column-widths.ts";
import type { RunColumn } from "./columns.tsx";

export interface ColumnOrderProps {
  columns: readonly RunColumn[];
  onOrder: (names: readonly string[]) => void;
  onWidth: (name: string, px: number) => void;
}

/** The columns that are shown, to be moved and resized by keys and by touch: what dragging a heading does. */
export function ColumnOrder({ columns, onOrder, onWidth }: ColumnOrderProps) {
  const [said, setSaid] = useState("");
  const names = columns.map(({ name }) => name);
  const move = (button: HTMLElement, index: number, step: -1 | 1): void => {
    const place = index + step;
    if (place < 0 || place >= names.length) return;
    onOrder(movedTo(names, names[index]!, place));
    setSaid(`${columns[index]!.label} is column ${place + 1} of ${names.length}.`);
    // rows stand still and columns go through them: the focus goes along with its column
    const rows = button.closest("ul")!.children;
    rows[place]!.querySelector<HTMLElement>(`[data-step="${step}"]`)!.focus();
  };
  const resize = ({ name, label, widthPx }: RunColumn, step: -1 | 1): void => {
    const px = boundedWidth(widthPx + step * WIDTH_STEP_PX);
    onWidth(name, px);
    setSaid(`${label} is ${px} pixels wide.`);
  };
  return (
    <section aria-label="Order and widths">
      <h3 className="mb-1 text-xs font-semibold text-muted">Shown, in this order</h3>
      <ul className="flex flex-col">
        {columns.map((column, index) => (
          <li key={index} className="flex items-center gap-0.5">
            <span className="min-w-0 grow truncate" title={column.label}>
              {column.label}
            </span>
            <Step
              label={`Move ${column.label} left`}
              step={-1}
              isOff={index === 0}
              onPress={(button) => move(button, index, -1)}
            >
              <ArrowLeft aria-hidden />
            </Step>
            <Step
              label={`Move ${column.label} right`}
              step={1}
              isOff={index === columns.length - 1}
              onPress={(button) => move(button, index, 1)}
            >
              <ArrowRight aria-hidden />
            </Step>
            <Step label={`Make ${column.label} narrower`} onPress={() => resize(column, -1)}>
              <Minus aria-hidden />
            </Step>
            <Step label={`Make ${column.label} wider`} onPress={() => resize(column, 1)}>
              <Plus aria-hidden />
            </Step>
          </li>
        ))}
      </ul>
      <p role="status" className="sr-only">
        {said}
      </p>
    </section>
  );
}

interface StepProps {
  label: string;
  step?: -1 | 1;
  /** it stays in reach of the Tab key: whoever moved a column to the end has the focus there */
  isOff?: boolean;
  onPress: (button: HTMLElement) => void;
  children: ReactNode;
}

const Step = ({ label, step, isOff = false, onPress, children }: StepProps) => (
  <Button
    look="ghost"
    size="small"
    aria-label={label}
    aria-disabled={isOff}
    data-step={step}
    onClick={({ currentTarget }) => onPress(currentTarget)}
    className="aria-disabled:opacity-50"
  >
    {children}
  </Button>
);
