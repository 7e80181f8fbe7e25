import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

/** How the hub is reached. */
export interface HubSettings {
  /** HF_ENDPOINT, else the hub itself; without a slash at its end */
  endpoint: string;
  /** HF_TOKEN, else what `hf auth login` has written */
  token: string | null;
}

export function hubSettings({ HF_ENDPOINT, HF_TOKEN, HF_HOME, HOME }: NodeJS.ProcessEnv = process.env): HubSettings {
  const home = HF_HOME || join(HOME || homedir(), ".cache", "huggingface");
  return {
    endpoint: (HF_ENDPOINT || "https://huggingface.co").replace(/\/+$/, ""),
    token: HF_TOKEN?.trim() || storedToken(join(home, "token")),
  };
}

function storedToken(path: string): string | null {
  try {
    return readFileSync(path, "utf8").trim() || null;
  } catch {
    return null;
  }
}
