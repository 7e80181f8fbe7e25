import { UniArmError } from "@uniarm/core/schema";
import { z } from "zod";

const Label = z.string().regex(/^[a-z0-9][a-z0-9._-]{0,39}$/, "a label is lower-case letters, digits, . _ -");

/** What a worker offers, and how many runs at once may use each. */
export interface Labels {
  labels: readonly string[];
  /** most runs at once that ask for a label; a label that is not named here has no limit */
  limits: Readonly<Record<string, number>>;
}

/** `gpu=2,cpu`: at most two runs at once that ask for gpu, any number that ask for cpu. @throws UniArmError settings-invalid */
export function readLabels(text: string): Labels {
  const limits: Record<string, number> = {};
  const labels = text
    .split(",")
    .filter(Boolean)
    .map((item) => {
      const [label, most] = item.split("=") as [string, string?];
      const parsed = Label.safeParse(label);
      if (!parsed.success || (most !== undefined && !/^[1-9]\d*$/.test(most)))
        throw new UniArmError(
          "settings-invalid",
          `"${item}" is no label: write gpu, or gpu=2 for at most two runs at once.`,
        );
      if (most !== undefined) limits[label] = Number(most);
      return label;
    });
  return { labels, limits };
}

/** Labels of which another run may be taken, beside those that run. */
export function openLabels({ labels, limits }: Labels, running: readonly { labels: readonly string[] }[]): string[] {
  const used = (label: string): number => running.filter((run) => run.labels.includes(label)).length;
  return labels.filter((label) => used(label) < (limits[label] ?? Number.POSITIVE_INFINITY));
}
