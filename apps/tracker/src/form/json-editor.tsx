import { lazy, Suspense } from "react";
import { Skeleton } from "../components/skeleton.tsx";
import type { CodeEditorProps } from "./code-editor.tsx";

const CodeEditor = lazy(async () => ({ default: (await import("./code-editor.tsx")).CodeEditor }));

/** A config as JSON. CodeMirror loads when it is shown. */
export function JsonEditor(props: CodeEditorProps) {
  return (
    <Suspense fallback={<Skeleton className="h-96" />}>
      <CodeEditor {...props} />
    </Suspense>
  );
}
