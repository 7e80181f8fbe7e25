/** Whether a path is that of a GGUF file, by its name. */
export const isGgufPath = (path: string): boolean => /\.gguf$/i.test(path);
