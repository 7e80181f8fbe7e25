import { hubPlace, UniArmError, type HubModel } from "@uniarm/core/schema";
import { PassingFailure, type OpenRange } from "../resumed-download.ts";
import type { HubFile } from "./hub-file.ts";
import { refusal } from "./refusal.ts";
import type { HubSettings } from "./settings.ts";

const MOST_REDIRECTS = 5;
/** Answers after which the same question may be answered later. */
const PASSING = new Set([408, 429, 500, 502, 503, 504]);

/**
 * Asks the hub for a file from byte `from` on. The token goes to the hub's own address alone: large files lie elsewhere.
 * @throws UniArmError hub-*, pull-changed; PassingFailure
 */
export async function openRange(
  { model, commit, file }: { model: HubModel; commit: string; file: HubFile },
  settings: HubSettings,
  from: number,
  signal: AbortSignal,
): Promise<OpenRange> {
  const { endpoint, token } = settings;
  let url = new URL(`${endpoint}/${model.owner}/${model.name}/resolve/${commit}/${encodeURIComponent(file.path)}`);
  for (let redirects = 0; redirects <= MOST_REDIRECTS; redirects++) {
    const isHub = url.origin === new URL(endpoint).origin;
    const headers = {
      "accept-encoding": "identity",
      ...(from > 0 ? { range: `bytes=${from}-` } : {}),
      ...(isHub && token !== null ? { authorization: `Bearer ${token}` } : {}),
    };
    const answer = await fetch(url, { headers, redirect: "manual", signal });
    if (isHub) checkEtag(answer, model, file);
    const next = answer.headers.get("location");
    if (answer.status >= 300 && answer.status < 400 && next !== null) {
      await answer.body?.cancel();
      url = new URL(next, url);
      continue;
    }
    if (answer.status === 200 && answer.body) return { start: 0, body: answer.body };
    if (answer.status === 206 && answer.body) {
      checkRange(answer, model, file, from);
      return { start: from, body: answer.body };
    }
    await answer.body?.cancel();
    if (PASSING.has(answer.status)) throw new PassingFailure(`it answered ${answer.status}`);
    throw answer.status === 404 && isHub ? gone(model, file) : refusal(model, settings, answer.status);
  }
  throw new UniArmError(
    "hub-failed",
    `${endpoint} sends ${file.path} of ${hubPlace(model)} round in circles. Try again later.`,
  );
}

/** What the hub says of a file's content must be what it listed: a part of another one would be joined to it. */
function checkEtag({ headers, status }: Response, model: HubModel, file: HubFile): void {
  if (status >= 400) return;
  const etag = headers.get("x-linked-etag") ?? headers.get("etag");
  if (etag === null || etag.replace(/^W\//, "").replaceAll('"', "") === file.digest.hex) return;
  throw new UniArmError(
    "pull-changed",
    `${file.path} of ${hubPlace(model)} is not what the hub listed a moment ago. Run the command again.`,
  );
}

function checkRange({ headers }: Response, model: HubModel, file: HubFile, from: number): void {
  if (headers.get("content-range") === `bytes ${from}-${file.bytes - 1}/${file.bytes}`) return;
  throw new UniArmError(
    "pull-changed",
    `${file.path} of ${hubPlace(model)} was asked for from byte ${from} of ${file.bytes} on, and the answer is of ${headers.get("content-range") ?? "another part"}. Run the command again.`,
  );
}

const gone = (model: HubModel, { path }: HubFile): UniArmError =>
  new UniArmError(
    "pull-files-missing",
    `${hubPlace(model)} lists the file ${path}, and the hub does not have it. Try another revision, or tell the model's owner.`,
  );
