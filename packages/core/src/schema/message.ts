import { z } from "zod";

/** One turn of a dialogue. */
export const Message = z.strictObject({
  role: z.enum(["system", "user", "assistant"]),
  content: z.string(),
});
export type Message = z.infer<typeof Message>;
