/** Far above what is published; a file that exceeds them is broken or hostile. */
export const GGUF_LIMITS = {
  /** of everything before the tensors; the largest vocabularies take some 20 MB */
  headerBytes: 256 * 1024 * 1024,
  keys: 65_536,
  /** as the format has it */
  keyBytes: 65_535,
  /** of a text: templates have tens of kilobytes */
  textBytes: 16 * 1024 * 1024,
  /** of a list: merges of the largest vocabularies are half a million */
  elements: 2 ** 23,
  tensors: 131_072,
  tensorNameBytes: 256,
  axes: 4,
  alignment: 1024 * 1024,
} as const;
