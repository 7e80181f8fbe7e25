import { useState } from "react";
import { TextArea } from "../components/input.tsx";
import { useSetting } from "./form-state.ts";
import type { Path } from "@uniarm/pipeline/schema";

/** For values of which nothing is known: JSON as text. */
export function JsonControl({ path, label }: { path: Path; label: string }) {
  const { value, set, id, helpId } = useSetting(path);
  const [draft, setDraft] = useState<string | null>(null);
  const parsed = draft === null ? null : parse(draft);
  const isCurrent = parsed !== null && (!parsed.ok || JSON.stringify(parsed.value) === JSON.stringify(value));
  return (
    <div className="flex flex-col gap-1">
      <TextArea
        id={id}
        rows={4}
        aria-label={`${label}, as JSON`}
        aria-describedby={helpId}
        aria-invalid={parsed?.ok === false}
        spellCheck={false}
        value={isCurrent ? draft! : value === undefined ? "" : JSON.stringify(value, null, 2)}
        onChange={({ target }) => {
          setDraft(target.value);
          const next = parse(target.value);
          if (next.ok) set(next.value);
        }}
        className="font-mono text-xs"
      />
      {parsed?.ok === false && <p className="text-xs font-medium text-bad">{parsed.problem}</p>}
    </div>
  );
}

function parse(text: string): { ok: true; value: unknown } | { ok: false; problem: string } {
  if (text.trim() === "") return { ok: true, value: undefined };
  try {
    return { ok: true, value: JSON.parse(text) as unknown };
  } catch (error) {
    return { ok: false, problem: `This is no JSON yet: ${(error as Error).message}` };
  }
}
