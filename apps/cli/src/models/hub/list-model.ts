import { HubApiError, listFiles, modelInfo } from "@huggingface/hub";
import type { HubModel } from "@uniarm/core/schema";
import { z } from "zod";
import { chosenFiles } from "./chosen-files.ts";
import type { HubFile } from "./hub-file.ts";
import { refusal, unreachable } from "./refusal.ts";
import type { HubSettings } from "./settings.ts";

/** A file of a model as the hub lists it. */
const HubEntry = z.object({
  type: z.string(),
  path: z.string(),
  size: z.int().nonnegative(),
  oid: z.string().regex(/^[0-9a-f]{40}$/),
  lfs: z.object({ oid: z.string().regex(/^[0-9a-f]{64}$/), size: z.int().nonnegative() }).nullish(),
});
const Info = z.object({ sha: z.string().regex(/^[0-9a-f]{40}$/) });

export interface HubListing {
  /** what the revision means now */
  commit: string;
  files: HubFile[];
}

/** The commit of a revision, and the files of the model that are needed. @throws UniArmError hub-*, pull-files-* */
export async function listModel(model: HubModel, settings: HubSettings): Promise<HubListing> {
  const { endpoint: hubUrl, token } = settings;
  const name = `${model.owner}/${model.name}`;
  const access = { hubUrl, ...(token === null ? {} : { accessToken: token }) };
  try {
    const info = await modelInfo({ name, revision: model.revision, additionalFields: ["sha"], ...access });
    const { sha: commit } = Info.parse(info);
    const entries: z.infer<typeof HubEntry>[] = [];
    for await (const entry of listFiles({ repo: name, revision: commit, ...access }))
      entries.push(HubEntry.parse(entry));
    const files = entries.filter(({ type }) => type === "file").map(fileOf);
    return { commit, files: chosenFiles(model, files) };
  } catch (error) {
    if (error instanceof HubApiError) throw refusal(model, settings, error.statusCode);
    if (error instanceof TypeError || error instanceof SyntaxError) throw unreachable(settings, error);
    if (error instanceof z.ZodError)
      throw unreachable(settings, new Error(`its answer is not the hub's: ${z.prettifyError(error).split("\n")[0]}`));
    throw error;
  }
}

const fileOf = ({ path, size, oid, lfs }: z.infer<typeof HubEntry>): HubFile => ({
  path,
  bytes: lfs?.size ?? size,
  digest: lfs ? { kind: "sha256", hex: lfs.oid } : { kind: "git-sha1", hex: oid },
});
