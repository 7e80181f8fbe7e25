/** Writes the values of the block at bytes[at] to out[to] and what follows. */
export type DecodeBlock = (bytes: Uint8Array, at: number, out: Float32Array, to: number) => void;
