import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { json, jsonParseLinter } from "@codemirror/lang-json";
import { bracketMatching, HighlightStyle, syntaxHighlighting } from "@codemirror/language";
import { linter } from "@codemirror/lint";
import { EditorState } from "@codemirror/state";
import { EditorView, keymap, lineNumbers } from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { useEffect, useRef } from "react";

export interface CodeEditorProps {
  label: string;
  value: unknown;
  /** what was typed is JSON again */
  onChange: (value: unknown) => void;
}

const theme = EditorView.theme({
  "&": { backgroundColor: "var(--surface)", color: "var(--ink)", fontSize: "12px", maxHeight: "70dvh" },
  ".cm-scroller": { fontFamily: "var(--font-mono)", overflow: "auto" },
  ".cm-gutters": { backgroundColor: "var(--sunken)", color: "var(--muted)", border: "none" },
  ".cm-content": { caretColor: "var(--ink)" },
  ".cm-cursor": { borderLeftColor: "var(--ink)" },
  "&.cm-focused": { outline: "2px solid var(--focus)" },
  "&.cm-focused .cm-selectionBackground, .cm-selectionBackground": { backgroundColor: "var(--accent-soft) !important" },
  ".cm-tooltip": { backgroundColor: "var(--surface)", color: "var(--ink)", borderColor: "var(--line)" },
});
const colours = HighlightStyle.define([
  { tag: tags.propertyName, color: "var(--accent)" },
  { tag: tags.string, color: "var(--good)" },
  { tag: tags.number, color: "var(--bad)" },
  { tag: [tags.bool, tags.null], color: "var(--warn)" },
]);

/** Two-way: typing changes the value as soon as it is JSON, and a value changed elsewhere replaces the text. */
export function CodeEditor({ label, value, onChange }: CodeEditorProps) {
  const element = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(null);
  const tell = useRef(onChange);
  const known = useRef(value);
  useEffect(() => {
    tell.current = onChange;
  });
  useEffect(() => {
    const opened = new EditorView({
      parent: element.current!,
      state: EditorState.create({
        doc: textOf(known.current),
        extensions: [
          lineNumbers(),
          history(),
          bracketMatching(),
          json(),
          linter(jsonParseLinter()),
          theme,
          syntaxHighlighting(colours),
          keymap.of([...defaultKeymap, ...historyKeymap]), // Tab leaves the editor, as it does any field
          EditorView.contentAttributes.of({ "aria-label": label, tabindex: "0" }),
          EditorView.lineWrapping,
          EditorView.updateListener.of(({ docChanged, state }) => {
            if (!docChanged) return;
            const parsed = parse(state.doc.toString());
            if (parsed === undefined || textOf(parsed) === textOf(known.current)) return;
            known.current = parsed;
            tell.current(parsed);
          }),
        ],
      }),
    });
    view.current = opened;
    return () => {
      view.current = null;
      opened.destroy();
    };
  }, [label]);
  useEffect(() => {
    const opened = view.current;
    if (!opened || textOf(value) === textOf(known.current)) return;
    known.current = value;
    opened.dispatch({ changes: { from: 0, to: opened.state.doc.length, insert: textOf(value) } });
  }, [value]);
  return <div ref={element} className="overflow-hidden rounded-md border border-line-strong" />;
}

const textOf = (value: unknown): string => JSON.stringify(value, null, 2);

/** Undefined: it is no JSON at the moment. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
