import { lazy, Suspense } from "react";
import { Skeleton } from "../components/skeleton.tsx";

const Rendered = lazy(async () => ({ default: (await import("./markdown-rendered.tsx")).MarkdownRendered }));

/** Notes as people wrote them: Markdown without HTML. What renders it loads when it is first needed. */
export function Markdown({ text }: { text: string }) {
  return (
    <Suspense fallback={<Skeleton className="h-24" />}>
      <Rendered text={text} />
    </Suspense>
  );
}
