import { writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { untilEnded } from "@uniarm/client";
import { expect, test } from "vitest";
import { type Opened } from "./opened.ts";

const SECRET = `uniarm_${"s".repeat(43)}`;

/** What a run was launched from and ran with. */
export function provenanceTests(opened: Opened): void {
  test("a run tells command, commit, packages, machine and engine, and no secret", async () => {
    const { client, platform, page, go, cli, expectGood, shot } = opened;
    const file = join(platform.folder, "one.json");
    await writeFile(file, JSON.stringify({ kind: "pairs", config: { model: "tiny-world:quick", pairs: 4 } }));
    const launched = await cli("launch", file, "--name", "with provenance", "--tag", "a b", "--key", SECRET);
    expect(launched.code, launched.stderr).toBe(0);
    const id = launched.stdout.split("\n")[0]!;
    const run = await untilEnded(client, id);
    expect(run.state, run.reason).toBe("SUCCEEDED");
    const shown = JSON.parse((await cli("runs", "show", id, "--json")).stdout) as typeof run;
    expect(shown.launchedFrom).toMatchObject({
      command: `uniarm launch ${file} --name 'with provenance' --tag 'a b' --key … --server ${platform.url}`,
      folder: process.cwd(),
      host: hostname(),
      git: { commit: expect.stringMatching(/^[0-9a-f]{40}$/) },
    });
    const { provenance } = shown.attempts[0]!;
    expect(provenance).toMatchObject({
      version: "0.1.0",
      git: { commit: shown.launchedFrom!.git!.commit }, // a checkout here
      system: { host: hostname(), cores: expect.any(Number), gpus: expect.any(Array) },
      engine: { name: expect.stringMatching(/tensorflow|wasm/), device: expect.any(String) },
      packages: { node: process.versions.node, "@tensorflow/tfjs-core": expect.any(String) },
    });
    expect(JSON.stringify(shown)).not.toContain(SECRET);
    expect((await cli("runs", "show", id)).stdout).toMatch(/launched by uniarm launch .*\n.*commit [0-9a-f]{12}/);

    await go(`/runs/${id}`);
    const panel = page.locator("section").filter({ has: page.getByRole("heading", { name: "Provenance" }) });
    await panel.getByText("uniarm launch").waitFor();
    await panel.getByText(shown.launchedFrom!.git!.commit.slice(0, 12)).first().waitFor();
    await panel.getByText(/^Process and \d+ versions$/).click();
    await panel.getByText(`node ${process.versions.node}`).waitFor();
    await expectGood();
    await shot("provenance");

    const { runs } = await client.api.runs.list.query({
      filter: `commit = ${shown.launchedFrom!.git!.commit}`,
    });
    expect(runs.map((one) => one.id)).toEqual([id]);
  });
}
