import { GenerateInput, type GenerateChunk } from "@uniarm/core/schema";
import { tracked } from "@trpc/server";
import { z } from "zod";
import { generate } from "../playground/generate.ts";
import { at, router } from "../trpc.ts";

export const playground = router({
  /** The same as `POST /api/generate`, which takes longer prompts: the input of a subscription is part of its address. */
  generate: at("write", null, "Responses token by token, one a preference vector")
    .input(GenerateInput.extend({ lastEventId: z.string().max(40).nullish() }))
    .subscription(async function* ({ ctx, input: { lastEventId, ...input }, signal }) {
      if (lastEventId != null) {
        // the client's connection was cut, which cancelled its responses
        const message =
          "The connection was lost while tokens arrived. Ask again: with the same seed the answer is the same.";
        yield tracked("end", {
          type: "error",
          code: "connection-lost",
          message,
        } satisfies GenerateChunk as GenerateChunk);
        return;
      }
      let count = 0;
      for await (const chunk of generate(ctx, input, signal!)) yield tracked(String(count++), chunk);
    }),
});
