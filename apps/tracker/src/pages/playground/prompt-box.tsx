import { useQuery } from "@tanstack/react-query";
import { SendHorizontal, Sparkles } from "lucide-react";
import { useState } from "react";
import { queries } from "../../api/queries.ts";
import { Button } from "../../components/button.tsx";
import { Input, TextArea } from "../../components/input.tsx";
import { Popover } from "../../components/popover.tsx";

const LONGEST = 2000;
const SHOWN = 40;

export interface PromptBoxProps {
  prompt: string;
  onAsk: (prompt: string) => void;
  busy: boolean;
}

/** Typed or picked; Enter asks, Shift+Enter begins a line. */
export function PromptBox({ prompt, onAsk, busy }: PromptBoxProps) {
  const [draft, setDraft] = useState(prompt);
  const [known, setKnown] = useState(prompt);
  if (known !== prompt) {
    setKnown(prompt);
    setDraft(prompt);
  }
  return (
    <form
      className="flex flex-col gap-1"
      onSubmit={(event) => {
        event.preventDefault();
        if (draft.trim() !== "") onAsk(draft);
      }}
    >
      <label htmlFor="prompt" className="text-xs font-semibold text-muted">
        Prompt
      </label>
      <div className="flex flex-wrap items-start gap-2">
        <TextArea
          id="prompt"
          data-page-search
          rows={2}
          maxLength={LONGEST}
          value={draft}
          onChange={(event) => setDraft(event.target.value)}
          onKeyDown={(event) => {
            if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return;
            event.preventDefault();
            event.currentTarget.form?.requestSubmit();
          }}
          className="min-w-60 flex-1"
        />
        <div className="flex gap-2">
          <Button type="submit" look="primary" disabled={draft.trim() === ""} aria-busy={busy}>
            <SendHorizontal aria-hidden />
            Ask
          </Button>
          <Popover
            label="Prompts of tiny-world"
            trigger={
              <Button>
                <Sparkles aria-hidden />
                Pick one
              </Button>
            }
          >
            <Suggestions onPick={onAsk} />
          </Popover>
        </div>
      </div>
    </form>
  );
}

function Suggestions({ onPick }: { onPick: (prompt: string) => void }) {
  const { data = [] } = useQuery(queries.tinyWorldPrompts());
  const [needle, setNeedle] = useState("");
  const found = data.filter(({ text }) => text.toLowerCase().includes(needle.trim().toLowerCase()));
  return (
    <div className="flex flex-col gap-2">
      <p className="text-muted">Held out when the shipped models were trained; their answers have exact rewards.</p>
      <Input
        aria-label="Find a prompt"
        placeholder="Find: radio, paint…"
        value={needle}
        onChange={(event) => setNeedle(event.target.value)}
      />
      <ul className="flex max-h-72 flex-col overflow-y-auto">
        {found.slice(0, SHOWN).map(({ id, text }) => (
          <li key={id}>
            <button
              type="button"
              className="w-full rounded px-2 py-1 text-left hover:bg-sunken"
              onClick={() => onPick(text)}
            >
              {text}
            </button>
          </li>
        ))}
        {found.length > SHOWN && (
          <li className="px-2 text-xs text-muted">{found.length - SHOWN} more: write a word.</li>
        )}
        {found.length === 0 && <li className="px-2 text-muted">None with these words.</li>}
      </ul>
    </div>
  );
}
