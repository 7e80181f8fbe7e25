/** No published model comes near; a config.json that exceeds one of these is broken or hostile. */
export const MOST = { vocabulary: 2 ** 24, width: 2 ** 20, layers: 4096, context: 2 ** 26 } as const;
