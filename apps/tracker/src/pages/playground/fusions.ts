import { Divergence, Method, methodOf, type Fusion } from "@uniarm/core/schema";

/** A way to make one distribution of a checkpoint's adapters, as a link names it. */
export interface FusionOption {
  value: string;
  label: string;
  fusion: Fusion;
}

const DIVERGENCES: Record<Divergence, string> = {
  "reverse-kl": "reverse KL",
  "forward-kl": "forward KL",
  alpha: "alpha-divergence",
  jsd: "Jensen-Shannon",
};

/** What a checkpoint of a method can be fused by, its default first; one or none where there is nothing to choose. */
export function fusionsOf(method: string | undefined): FusionOption[] {
  const known = Method.safeParse(method);
  return known.success ? methodOf(known.data).fusions.flatMap(optionsOf) : [];
}

function optionsOf(rule: Fusion["rule"]): FusionOption[] {
  switch (rule) {
    case "mod":
      return Divergence.options.flatMap((divergence) => {
        const label = `MOD, ${DIVERGENCES[divergence]}`;
        const exact = { value: `mod-${divergence}`, label, fusion: { rule, divergence, form: "exact" as const } };
        if (divergence === "reverse-kl") return [exact]; // its published form is the exact one
        const published = { rule, divergence, form: "published" as const };
        return [exact, { value: `${exact.value}-published`, label: `${label} as published`, fusion: published }];
      });
    case "soup":
      return [
        { value: "soup", label: "soup: mean of the adapters", fusion: { rule, mean: "deltas" } },
        { value: "soup-factors", label: "soup: mean of A and of B, as published", fusion: { rule, mean: "factors" } },
      ];
    case "nearest":
      return [{ value: rule, label: "the policy of the nearest preference", fusion: { rule } }];
    case "policy":
      return [{ value: rule, label: "the policy alone", fusion: { rule } }];
    case "arm":
      return [{ value: rule, label: "the ARM alone", fusion: { rule } }];
    case "product":
      return [{ value: rule, label: "base times ARMs", fusion: { rule } }];
  }
}

/** The one that a link names, else the first. */
export const fusionNamed = (options: readonly FusionOption[], value: string | undefined): FusionOption | undefined =>
  options.find((option) => option.value === value) ?? options[0];
