import { spawnSync } from "node:child_process";
import { Fusion, GenerateInput, Method, type TokenStep } from "@uniarm/core/schema";
import { describe, expect, test } from "vitest";
import { curlCall, pythonCall } from "../src/pages/playground/api-call.ts";
import { flipSentence } from "../src/pages/playground/flip.ts";
import { fusionNamed, fusionsOf } from "../src/pages/playground/fusions.ts";
import { overGuidance } from "../src/pages/playground/gauge.ts";
import {
  parsePreferences,
  preferencesText,
  rounded,
  sweepAlong,
  withEntry,
} from "../src/pages/playground/preferences.ts";
import { requestOf } from "../src/pages/playground/request.ts";
import { FULL_NATS, gainNats, gainText, shadeOf } from "../src/pages/playground/shading.ts";
import { steererOf } from "../src/pages/playground/steered-by.ts";

const sum = (entries: readonly number[]): number => entries.reduce((total, entry) => total + entry, 0);

describe("preferences", () => {
  test.each([[[1, 1, 1]], [[0.333, 0.333, 0.333]], [[0, 0, 0]], [[0.123, 0.456, 0.421]]])(
    "%j is rounded to steps that sum to 1",
    (preference) => {
      expect(sum(rounded(preference))).toBeCloseTo(1, 12);
    },
  );

  test("as one entry is set the others keep their ratio", () => {
    expect(withEntry([0.2, 0.6, 0.2], 0, 0.6)).toEqual([0.6, 0.3, 0.1]);
    expect(withEntry([1, 0, 0], 0, 0.5)).toEqual([0.5, 0.25, 0.25]);
  });

  test("a link gives back what was written into it, and leaves out what fits no ARM", () => {
    expect(
      parsePreferences(
        preferencesText([
          [0.5, 0.5],
          [1, 0],
        ]),
        2,
      ),
    ).toEqual([
      [0.5, 0.5],
      [1, 0],
    ]);
    expect(parsePreferences("0.5,0.5;1,0,0;x,1;-1,2", 2)).toEqual([[0.5, 0.5]]);
  });

  test("a sweep has eleven preferences, from none of an objective to nothing else", () => {
    const sweep = sweepAlong([0.5, 0.25, 0.25], 0);
    expect([sweep.length, sweep[0], sweep[10]]).toEqual([11, [0, 0.5, 0.5], [1, 0, 0]]);
    expect(sweep.every((preference) => Math.abs(sum(preference) - 1) < 1e-12)).toBe(true);
  });
});

const step = (changes: Partial<TokenStep> = {}): TokenStep => ({
  tokenId: 1,
  text: " cat",
  base: -1,
  arm: -4,
  arms: [-2],
  fused: -0.5,
  runnerUp: { tokenId: 2, text: " dog", base: -3, arm: -8, arms: [-4], fused: -2 },
  ...changes,
});

describe("shading", () => {
  test("takes the strength out of the weighted ARM before it is compared with the base", () => {
    expect(gainNats({ arm: -8, base: -1 }, 4)).toBe(-1);
    expect(gainNats({ arm: 0, base: -1 }, 0)).toBeNull();
  });

  test("grows with the difference up to its full colour, on both sides alike", () => {
    expect(shadeOf(0)).toEqual({ hue: "more", opacity: 0 });
    expect(shadeOf(FULL_NATS / 2).opacity).toBe(shadeOf(-FULL_NATS / 2).opacity);
    expect(shadeOf(FULL_NATS)).toEqual({ hue: "more", opacity: 0.5 });
    expect(shadeOf(-100)).toEqual({ hue: "less", opacity: 0.5 });
  });

  test("has words too", () => {
    expect(gainText(2.14)).toBe("ARM +2.1 nats against the base");
    expect(gainText(-0.5)).toBe("ARM −0.5 nats against the base");
  });
});

describe("whose doing a token was", () => {
  test("both", () => {
    expect(flipSentence(step())).toBe("Both prefer “ cat” to “ dog”: the base by 2.00 nats, the ARM by 4.00 nats.");
  });

  test("the ARM's, against the base", () => {
    expect(flipSentence(step({ base: -5 }))).toBe(
      "The ARM flipped it: the base prefers “ dog” by 2.00 nats, the ARM “ cat” by 4.00 nats.",
    );
  });

  test("the base's, against the ARM", () => {
    expect(flipSentence(step({ arm: -9 }))).toContain("The base holds it against the ARM");
  });

  test("chance", () => {
    expect(flipSentence(step({ fused: -3 }))).toBe("Sampling took “ cat”: “ dog” was likelier by 1.00 nats.");
  });

  test("nobody guides", () => {
    const unguided = step({ arm: 0 });
    expect(flipSentence({ ...unguided, runnerUp: { ...unguided.runnerUp, arm: 0 } })).toContain("nothing guides");
  });
});

describe("over-guidance", () => {
  test("counts repeated sentences and tokens that the base model would not say", () => {
    const gauge = overGuidance("Wear gloves. Stop. Wear gloves. Wear gloves.", [-1, -10, Math.log(1e-4), -2]);
    expect(gauge).toEqual({ tokens: 4, unlikely: 1, repeated: 2, level: "much" });
  });

  test("a clean answer has none, an empty one neither", () => {
    expect(overGuidance("One. Two.", [-1, -2]).level).toBe("none");
    expect(overGuidance("", []).level).toBe("none");
  });
});

describe("the API call", () => {
  const prompt = `It's "50%" $HOME \\ é\nback\`tick\``;
  const request = requestOf({
    project: "default",
    search: { strength: 2 },
    prompt,
    arm: "abc",
    preferences: [[0.5, 0.5], null],
    strength: 1.5,
  })!;

  test("is a request that the server takes", () => {
    expect(GenerateInput.parse(request)).toMatchObject({
      prompt,
      strength: 2,
      arm: "abc",
      preferences: [[0.5, 0.5], null],
    });
  });

  test("is not made without a prompt, and has no preferences without an ARM", () => {
    const asked = { project: "p", search: {}, arm: null, preferences: [null], strength: 0 };
    expect(requestOf({ ...asked, prompt: "  " })).toBeNull();
    expect(requestOf({ ...asked, prompt: "x" })).not.toHaveProperty("preferences");
  });

  test("for curl survives a shell", () => {
    const echoed = curlCall("http://host", request).replace("curl -N", "printf '%s\\n'");
    const { stdout } = spawnSync("sh", ["-c", echoed], { encoding: "utf8", env: { UNIARM_KEY: "k" } });
    const lines = stdout.split("\n");
    expect(lines.slice(0, 2)).toEqual(["http://host/api/generate", "-H"]);
    expect(JSON.parse(lines.slice(lines.indexOf("-d") + 1).join("\n"))).toEqual(request);
    expect(stdout).toContain("Authorization: Bearer k");
  });

  test("for Python says the same body", () => {
    const line = /json\.loads\((".*")\)/.exec(pythonCall("http://host", request))![1]!;
    expect(JSON.parse(JSON.parse(line) as string)).toEqual(request);
  });
});

describe("fusion", () => {
  test("is chosen where a method leaves a choice, its default first, each as the server takes it", () => {
    const values = (method: string | undefined): string[] => fusionsOf(method).map(({ value }) => value);
    expect(values("dpo")).toEqual([
      "mod-reverse-kl",
      "mod-forward-kl",
      "mod-forward-kl-published",
      "mod-alpha",
      "mod-alpha-published",
      "mod-jsd",
      "mod-jsd-published",
      "soup",
      "soup-factors",
    ]);
    expect(values("modpo")).toEqual(["nearest"]);
    expect(values("of-the-future")).toEqual([]);
    for (const method of Method.options)
      for (const { fusion } of fusionsOf(method)) expect(Fusion.parse(fusion)).toEqual(fusion);
    expect(fusionNamed(fusionsOf("dpo"), "soup")!.fusion).toEqual({ rule: "soup", mean: "deltas" });
    expect(fusionNamed(fusionsOf("dpo"), "nonsense")!.value).toBe("mod-reverse-kl");
  });

  test("goes with a request of policies, which have no strength", () => {
    const asked = {
      project: "p",
      prompt: "x",
      arm: "a",
      preferences: [[1, 0]],
      search: { strength: 3 },
      strength: 1.5,
    };
    const soup = requestOf({ ...asked, by: "policy", fusion: { rule: "soup", mean: "deltas" } })!;
    expect(GenerateInput.parse(soup)).toMatchObject({ fusion: { rule: "soup" }, strength: 1 });
    expect(requestOf({ ...asked, by: "ARM" })).toMatchObject({ strength: 3 });
    expect(requestOf({ ...asked, by: "ARM", search: {} })).toMatchObject({ strength: 1.5 });
  });
});

test("what answers is called by its name: policies of methods that tune the model, else an ARM", () => {
  expect(["dpo", "modpo", "finetune", "uniarm", "of-the-future", undefined].map(steererOf)).toEqual([
    "policy",
    "policy",
    "policy",
    "ARM",
    "ARM",
    "ARM",
  ]);
  expect(gainText(2.14, "policy")).toBe("policy +2.1 nats against the base");
  expect(flipSentence(step({ arm: -9 }), "policy")).toContain("The base holds it against the policy");
});
