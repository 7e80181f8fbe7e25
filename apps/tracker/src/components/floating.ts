/** A panel that floats at its button. */
export const FLOATING = "z-50 overflow-y-auto rounded-md border border-line bg-surface shadow-xl";
export const FLOATING_PLACE = { align: "end", sideOffset: 4, collisionPadding: 8 } as const;
