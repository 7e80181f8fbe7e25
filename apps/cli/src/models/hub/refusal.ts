import { hubPlace, UniArmError, type HubModel } from "@uniarm/core/schema";
import type { HubSettings } from "./settings.ts";

/** What a status of the hub means for a pull, as a sentence. */
export function refusal(model: HubModel, { endpoint, token }: HubSettings, status: number): UniArmError {
  const { owner, name, revision } = model;
  const page = `${endpoint}/${owner}/${name}`;
  const what = hubPlace(model);
  if (status === 401 && token === null)
    return new UniArmError(
      "hub-unauthorized",
      `${endpoint} does not show ${what} to everyone: it is private, or there is none of that name. Correct the name, or set HF_TOKEN to a token of an account that may read it.`,
    );
  if (status === 401)
    return new UniArmError(
      "hub-unauthorized",
      `${endpoint} does not take the token that was given (HF_TOKEN, or the one of hf auth login) for ${what}. Make a new one, with the right to read this model.`,
    );
  if (status === 403)
    return new UniArmError(
      "hub-forbidden",
      `${what} is gated, or the token may not read it. Accept its terms on ${page} with your account, and set HF_TOKEN to a token of it.`,
    );
  if (status === 404)
    return new UniArmError(
      "hub-missing",
      `${endpoint} has no model ${owner}/${name} with the revision ${revision}. Look for the name and its branches and tags on ${page}.`,
    );
  return new UniArmError(
    "hub-failed",
    `${endpoint} answered ${status} for ${what}. Try again later; what came is kept.`,
  );
}

/** The hub did not answer at all. */
export function unreachable({ endpoint }: HubSettings, cause: unknown): UniArmError {
  const inner = (cause as { cause?: { code?: string; message?: string } }).cause;
  const why = inner?.code ?? inner?.message ?? (cause as Error).message;
  return new UniArmError(
    "hub-unreachable",
    `${endpoint} cannot be reached (${why}). Check the network, or let HF_ENDPOINT name another hub; models that were pulled before need none. What came is kept: the same command goes on there.`,
    { cause },
  );
}
