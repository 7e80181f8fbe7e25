import { hash } from "node:crypto";

/**
 * Which texts were seen, at 8 bytes each: the first 64 bits of their SHA-1. Some two of n different texts are taken for equal
 * with a probability of about n^2 / 2^65: 3e-8 for a million.
 */
export class TextSet {
  private slots = new BigUint64Array(1 << 12);
  private count = 0;

  get size(): number {
    return this.count;
  }

  /** @returns whether the text is new */
  add(text: string): boolean {
    if (2 * (this.count + 1) > this.slots.length) this.grow();
    const digest = hash("sha1", text, "buffer").readBigUInt64LE(0) || 1n; // 0 is an empty slot
    const isNew = insert(this.slots, digest);
    if (isNew) this.count += 1;
    return isNew;
  }

  private grow(): void {
    const bigger = new BigUint64Array(2 * this.slots.length);
    for (const digest of this.slots) if (digest !== 0n) insert(bigger, digest);
    this.slots = bigger;
  }
}

/** Open addressing; the length is a power of two. */
function insert(slots: BigUint64Array, digest: bigint): boolean {
  const mask = slots.length - 1;
  for (let at = Number(digest & 0x1fffffffffffffn) & mask; ; at = (at + 1) & mask) {
    if (slots[at] === digest) return false;
    if (slots[at] !== 0n) continue;
    slots[at] = digest;
    return true;
  }
}
