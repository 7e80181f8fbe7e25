export { hashFile } from "./hash-file.ts";
export { uploadFiles } from "./upload.ts";
export { downloadFile, downloadFiles } from "./download.ts";
