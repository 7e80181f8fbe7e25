/** Path below which the server gives its pages, without a slash at its end; public/early.js knows it by its own address. */
export const BASE = (globalThis as { uniarmBase?: string }).uniarmBase ?? "";
