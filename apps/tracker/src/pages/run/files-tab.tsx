import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { isScorer, Method } from "@uniarm/core/schema";
import { Download, Eye, MessagesSquare, Pin, PinOff, Star } from "lucide-react";
import { useState } from "react";
import { BASE } from "../../api/base.ts";
import { api } from "../../api/client.ts";
import { queries } from "../../api/queries.ts";
import type { Artifact, Checkpoint, Run } from "../../api/types.ts";
import { Badge } from "../../components/badge.tsx";
import { Button, buttonLook } from "../../components/button.tsx";
import { Panel } from "../../components/panel.tsx";
import { RelativeTime } from "../../components/relative-time.tsx";
import { SkeletonRows } from "../../components/skeleton.tsx";
import { bytesText, countText } from "../../text/number.ts";
import { FilePreview } from "./preview/file-preview.tsx";
import { previewKindOf, type PreviewKind } from "./preview/preview-kind.ts";

export function FilesTab({ run }: { run: Run }) {
  const owner = run.cachedFromId ?? run.id;
  const { data: checkpoints } = useQuery(queries.checkpoints(owner));
  const { data: artifacts } = useQuery(queries.artifacts(run.id));
  return (
    <div className="flex flex-col gap-4">
      <Panel title="Checkpoints">
        {!checkpoints ? (
          <SkeletonRows rows={2} />
        ) : checkpoints.checkpoints.length === 0 ? (
          <p className="text-muted">None. A run saves one now and then, and when it is asked to stop.</p>
        ) : (
          <ul className="divide-y divide-line">
            {checkpoints.checkpoints.map((checkpoint) => (
              <CheckpointItem key={checkpoint.id} checkpoint={checkpoint} run={run} />
            ))}
          </ul>
        )}
      </Panel>
      <Panel title="Outputs">
        {!artifacts ? (
          <SkeletonRows rows={2} />
        ) : artifacts.artifacts.length === 0 ? (
          <p className="text-muted">None yet.</p>
        ) : (
          <ul className="divide-y divide-line">
            {artifacts.artifacts.map((artifact) => (
              <ArtifactItem key={artifact.id} artifact={artifact} />
            ))}
          </ul>
        )}
      </Panel>
    </div>
  );
}

/** Whether a training's checkpoints can be asked something. */
function answers(config: unknown): boolean {
  const { data: method } = Method.safeParse((config as { method?: unknown }).method);
  return method === undefined || !isScorer(method);
}

function CheckpointItem({ checkpoint, run }: { checkpoint: Checkpoint; run: Run }) {
  const client = useQueryClient();
  const mark = useMutation({
    mutationFn: (marks: { kept?: boolean; best?: boolean }) =>
      api.checkpoints.mark.mutate({ id: checkpoint.id, ...marks }),
    onSettled: () => client.invalidateQueries({ queryKey: ["run"] }),
  });
  const { step, size, kept, best, createdAt, files } = checkpoint;
  return (
    <li className="flex flex-col gap-2 py-3 first:pt-0 last:pb-0">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-2">
        <span className="font-medium tabular-nums">Step {step.toLocaleString("en-US")}</span>
        {best && (
          <Badge tone="good">
            <Star aria-hidden />
            best
          </Badge>
        )}
        {kept && (
          <Badge tone="busy">
            <Pin aria-hidden />
            kept
          </Badge>
        )}
        <span className="text-muted">
          {bytesText(size)}, <RelativeTime time={createdAt} />
        </span>
        <span className="ml-auto flex flex-wrap gap-2">
          {run.kind === "train" && answers(run.config) && (
            <Link to="/playground" search={{ checkpoint: checkpoint.id }} className={buttonLook("plain", "small")}>
              <MessagesSquare aria-hidden />
              Try it
            </Link>
          )}
          <Button size="small" busy={mark.isPending} onClick={() => mark.mutate({ best: !best })}>
            <Star aria-hidden />
            {best ? "Not the best" : "Mark as best"}
          </Button>
          <Button size="small" busy={mark.isPending} onClick={() => mark.mutate({ kept: !kept })}>
            {kept ? <PinOff aria-hidden /> : <Pin aria-hidden />}
            {kept ? "Leave to retention" : "Keep"}
          </Button>
        </span>
      </div>
      <FileList files={files} />
    </li>
  );
}

function ArtifactItem({ artifact: { name, count, size, createdAt, files } }: { artifact: Artifact }) {
  return (
    <li className="flex flex-col gap-2 py-3 first:pt-0 last:pb-0">
      <div className="flex flex-wrap items-baseline gap-x-3">
        <span className="font-medium">{name}</span>
        <span className="text-muted">
          {count !== null && `${countText(count, "row")}, `}
          {bytesText(size)}, <RelativeTime time={createdAt} />
        </span>
      </div>
      <FileList files={files} />
    </li>
  );
}

const MANY = 4;

function FileList({ files }: { files: Checkpoint["files"] }) {
  const [opened, setOpened] = useState<{ file: Checkpoint["files"][number]; kind: PreviewKind } | null>(null);
  const list = (
    <ul className="flex flex-wrap gap-2">
      {files.map((file) => {
        const { path, sha256, size } = file;
        const kind = previewKindOf(path);
        return (
          <li key={path} className="inline-flex gap-0.5">
            <a
              href={`${BASE}/api/blobs/${sha256}?name=${encodeURIComponent(path.replaceAll("/", "_"))}`}
              download={path.replaceAll("/", "_")}
              className={buttonLook("plain", "small")}
            >
              <Download aria-hidden />
              {path}
              <span className="text-muted">{bytesText(size)}</span>
            </a>
            {kind !== null && (
              <Button size="small" look="ghost" aria-label={`Show ${path}`} onClick={() => setOpened({ file, kind })}>
                <Eye aria-hidden />
              </Button>
            )}
          </li>
        );
      })}
    </ul>
  );
  return (
    <>
      {files.length <= MANY ? (
        list
      ) : (
        <details>
          <summary className="mb-2 w-fit text-accent">{countText(files.length, "file")}</summary>
          {list}
        </details>
      )}
      {opened && <FilePreview {...opened} onClose={() => setOpened(null)} />}
    </>
  );
}
