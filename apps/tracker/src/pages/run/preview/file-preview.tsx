import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { sentenceOf } from "../../../api/errors.ts";
import type { Checkpoint } from "../../../api/types.ts";
import { DataTable } from "../../../charts/data-table.tsx";
import { Dialog } from "../../../components/dialog.tsx";
import { Skeleton } from "../../../components/skeleton.tsx";
import { bytesText } from "../../../text/number.ts";
import { delimiterOf, imageTypeOf, type PreviewKind } from "./preview-kind.ts";
import { MOST_TEXT_BYTES, readBeginning, readImage, textOf } from "./read-part.ts";
import { prettyJson, tableOfCsv, tableOfLines, type Shown } from "./tables.ts";

type StoredFile = Checkpoint["files"][number];
type Content =
  | ({ type: "table" } & Shown)
  | { type: "text"; text: string; notes: readonly string[] }
  | { type: "image"; blob: Blob; notes: readonly string[] };

const TABLE_PX = 480;

/** A file in the page: text as text nodes, tables, pictures. Nothing of it is ever markup. */
export function FilePreview({ file, kind, onClose }: { file: StoredFile; kind: PreviewKind; onClose: () => void }) {
  const { data, error } = useQuery({
    queryKey: ["file", file.sha256, kind],
    queryFn: ({ signal }) => contentOf(file, kind, signal),
    staleTime: Infinity,
    gcTime: 0,
    retry: false,
    throwOnError: false,
  });
  return (
    <Dialog
      open
      wide
      onOpenChange={(open) => (open ? undefined : onClose())}
      title={file.path}
      description={bytesText(file.size)}
    >
      {error ? (
        <p role="alert" className="text-bad">
          {sentenceOf(error)}
        </p>
      ) : data === undefined ? (
        <Skeleton className="h-64" />
      ) : (
        <>
          {data.notes.length > 0 && (
            <p role="status" className="text-muted">
              {data.notes.join(" ")}
            </p>
          )}
          {data.type === "image" ? (
            <Picture blob={data.blob} label={file.path} />
          ) : data.type === "table" ? (
            <DataTable data={data.table} label={file.path} height={TABLE_PX} />
          ) : (
            <pre
              tabIndex={0}
              role="region"
              aria-label={file.path}
              className="max-h-[70dvh] min-h-20 overflow-auto rounded-md border border-line bg-sunken p-3 font-mono text-xs break-words whitespace-pre-wrap"
            >
              {data.text}
            </pre>
          )}
        </>
      )}
    </Dialog>
  );
}

async function contentOf({ path, sha256, size }: StoredFile, kind: PreviewKind, signal: AbortSignal): Promise<Content> {
  if (kind === "image") {
    const { bytes } = await readImage(sha256, size, signal);
    return { type: "image", blob: new Blob([bytes], { type: imageTypeOf(path) }), notes: [] };
  }
  const part = await readBeginning(sha256, size, signal);
  const text = textOf(part);
  if (text === null) throw new Error("The file is no text in UTF-8. Download it.");
  const cut = part.isCut
    ? [`The first ${bytesText(MOST_TEXT_BYTES)} of ${bytesText(size)} are read; download the file for the rest.`]
    : [];
  if (kind === "lines" || kind === "csv") {
    const { table, notes } =
      kind === "lines" ? tableOfLines(text, part.isCut) : await tableOfCsv(text, part.isCut, delimiterOf(path));
    return { type: "table", table, notes: [...cut, ...notes] };
  }
  const shown = kind === "json" ? prettyJson(text, part.isCut) : { text, notes: [] };
  return { type: "text", text: shown.text, notes: [...cut, ...shown.notes] };
}

function Picture({ blob, label }: { blob: Blob; label: string }) {
  const element = useRef<HTMLImageElement>(null);
  const [isBroken, setBroken] = useState(false);
  useEffect(() => {
    const url = URL.createObjectURL(blob);
    if (element.current) element.current.src = url;
    return () => URL.revokeObjectURL(url);
  }, [blob]);
  if (isBroken)
    return (
      <p role="alert" className="text-bad">
        The file is no picture that this browser can draw. Download it.
      </p>
    );
  return (
    <img
      ref={element}
      alt={label}
      onError={() => setBroken(true)}
      className="max-h-[70dvh] max-w-full self-center bg-sunken object-contain"
    />
  );
}
