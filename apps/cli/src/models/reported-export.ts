import { silentProgress, terminalProgress } from "../progress.ts";

/** Writes a model's folder with progress on the terminal, and says what was written. */
export async function reportedExport(
  { label, output, json }: { label: string; output: string; json: boolean | undefined },
  write: (onProgress: (done: number, total: number) => void) => Promise<{ files: string[]; bytes: number }>,
): Promise<void> {
  const progress = json ? silentProgress : terminalProgress();
  const { files, bytes } = await write((done, total) => {
    progress.update(label, done, total, "tensors");
  });
  progress.close();
  const text = `${(bytes / 1e6).toFixed(1)} MB of weights in ${files.length} ${files.length === 1 ? "file" : "files"} in ${output}`;
  process.stdout.write(`${json ? JSON.stringify({ folder: output, files, bytes }) : text}\n`);
}
