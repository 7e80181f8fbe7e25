import { UniArmError } from "@uniarm/core/schema";

/** The error of a row whose next token has no probability: all that follows would be noise. */
export function notFinite(promptId: string, logProb: number): UniArmError {
  return new UniArmError(
    "decode-not-finite",
    `The guided distribution of prompt ${promptId} is not a number (log-probability ${logProb}). ` +
      "The weights of the model or of the checkpoint are damaged, or the coefficients are too large: try a smaller strength.",
  );
}
