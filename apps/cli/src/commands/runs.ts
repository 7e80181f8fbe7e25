import { createWriteStream } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { Command } from "commander";
import { RelativePath, UniArmError } from "@uniarm/core/schema";
import { EXIT } from "../exit-codes.ts";
import type { CommandContext } from "../program.ts";
import { ask, connect, type Connection } from "../server/connect.ts";
import { age, duration, estimate, table } from "../server/table.ts";
import { answer, serverCommand, type ServerFlags } from "./server-command.ts";

const ENDED = new Set(["SUCCEEDED", "FAILED", "CANCELLED"]);

/** Runs of a server: seen, stopped, compared, taken home. */
export function runsCommand(context: CommandContext): Command {
  const command = new Command("runs").description(
    "runs of a server: list, show, logs, cancel, resume, retry, clone, diff, export, rm",
  );
  const add = (child: Command): void =>
    void command.addCommand(child.exitOverride().showHelpAfterError("(add --help for the settings)"));
  add(listCommand());
  add(showCommand());
  add(logsCommand(context));
  for (const [name, description] of [
    ["cancel", "stop a run; it saves a checkpoint first"],
    ["resume", "go on from the last checkpoint"],
    ["retry", "start over, without what was saved"],
  ] as const)
    add(
      serverCommand(name, description)
        .argument("<run>", "id, or a beginning of it")
        .action(async (run: string, flags: ServerFlags) => {
          await answer(
            flags,
            (api) => api.runs[name].mutate({ id: run }),
            ({ id }) => `${id}\n`,
          );
        }),
    );
  add(cloneCommand());
  add(diffCommand());
  add(exportCommand());
  add(removeCommand());
  return command;
}

function listCommand(): Command {
  return serverCommand("ls", "a page of runs")
    .argument("[filter...]", 'e.g. state = RUNNING "metric.loss < 0.5" tag = seed-1')
    .option("--project <name>", "of this project only")
    .option("--sort <field>", "- before it: descending", "-created")
    .option("--columns <list>", "more fields, with commas: config.PATH, metric.KEY")
    .option("--children", "also runs inside of studies")
    .option("--archived", "archived ones instead")
    .option("--limit <number>", "most runs", "30")
    .option("--cursor <cursor>", "where the page before ended")
    .action(
      async (
        filter: string[],
        flags: ServerFlags & {
          project?: string;
          sort: string;
          columns?: string;
          children?: boolean;
          archived?: boolean;
          limit: string;
          cursor?: string;
        },
      ) => {
        const { project, sort, columns, cursor } = flags;
        const more = columns?.split(",") ?? [];
        await answer(
          flags,
          (api) =>
            api.runs.list.query({
              filter: filter.join(" "),
              sort,
              limit: Number(flags.limit),
              archived: flags.archived ? "true" : "false",
              ...(project ? { project } : {}),
              ...(columns ? { columns } : {}),
              ...(cursor ? { cursor } : {}),
              ...(flags.children || /\bparent\b/.test(filter.join(" ")) ? {} : { parent: "none" }),
            }),
          ({ runs, nextCursor }) =>
            table(
              ["run", "state", "kind", "name", "progress", "took", "created", ...more],
              runs.map((run) => [
                run.id,
                run.state,
                run.kind,
                run.name,
                progressOf(run.progress),
                tookOf(run),
                age(run.createdAt),
                ...more.map((name) => shown(run.columns[name])),
              ]),
            ) + (nextCursor ? `more: --cursor ${nextCursor}\n` : ""),
        );
      },
    );
}

const shown = (value: unknown): string =>
  value === null || value === undefined
    ? ""
    : typeof value === "number"
      ? String(Number(value.toPrecision(6)))
      : typeof value === "string"
        ? value
        : JSON.stringify(value);

function progressOf(progress: unknown): string {
  const { done, total, unit } = (progress ?? {}) as { done?: number; total?: number; unit?: string };
  return done === undefined ? "" : `${done}/${total} ${unit}`;
}

function tookOf({ startedAt, endedAt }: { startedAt: string | null; endedAt: string | null }): string {
  if (!startedAt) return "";
  return duration(((endedAt ? Date.parse(endedAt) : Date.now()) - Date.parse(startedAt)) / 1000);
}

function showCommand(): Command {
  return serverCommand("show", "everything about a run but its history")
    .argument("<run>", "id, or a beginning of it")
    .action(async (id: string, flags: ServerFlags) => {
      await answer(
        flags,
        (api) => api.runs.get.query({ id }),
        (run) =>
          [
            `${run.name} (${run.kind} ${run.id}): ${run.state}${run.reason ? `, ${run.reason}` : ""}\n`,
            run.attempts.length > 0
              ? table(
                  ["attempt", "state", "host", "from step", "reason"],
                  run.attempts.map((one) => [one.number, one.state, one.host, one.resumedFromStep, one.reason]),
                )
              : "",
            run.children.length > 0
              ? table(
                  ["child", "state", "kind", "name"],
                  run.children.map((one) => [one.id, one.state, one.kind, one.name]),
                )
              : "",
            run.series.length > 0
              ? table(
                  ["metric", "last", "min", "max", "points"],
                  run.series.map((one) => [one.key, shown(one.last), shown(one.min), shown(one.max), one.count]),
                )
              : "",
            run.checkpoints.length > 0
              ? table(
                  ["checkpoint", "step", "bytes", "marks"],
                  run.checkpoints.map((one) => [
                    one.id,
                    one.step,
                    one.size,
                    [one.kept ? "kept" : "", one.best ? "best" : ""].join(" ").trim(),
                  ]),
                )
              : "",
            run.artifacts.length > 0
              ? table(
                  ["output", "rows", "bytes"],
                  run.artifacts.map((one) => [one.name, one.count, one.size]),
                )
              : "",
            run.fronts.length > 0
              ? table(
                  ["front", "name", "hypervolume", "mean inner product"],
                  run.fronts.map((one) => [
                    one.id,
                    one.name,
                    estimate(one.hypervolume, one.hypervolumeLow, one.hypervolumeHigh),
                    estimate(one.meanInnerProduct, one.meanInnerProductLow, one.meanInnerProductHigh),
                  ]),
                )
              : "",
            `config\n${JSON.stringify(run.config, null, 2)}\n`,
          ]
            .filter(Boolean)
            .join("\n"),
      );
    });
}

function logsCommand({ signal, setExitCode }: CommandContext): Command {
  return serverCommand("logs", "what a run said")
    .argument("<run>", "id, or a beginning of it")
    .option("-f, --follow", "go on until the run ends")
    .option("--search <text>", "only what contains this")
    .action(async (id: string, flags: ServerFlags & { follow?: boolean; search?: string }) => {
      const connection = connect(flags);
      let cursor: string | undefined;
      for (;;) {
        const state = await ask(connection, () => connection.api.runs.get.query({ id })); // before the page: nothing comes after its end
        for (;;) {
          const page = await ask(connection, () =>
            connection.api.logs.read.query({
              id,
              limit: 1000,
              ...(cursor ? { cursor } : {}),
              ...(flags.search ? { search: flags.search } : {}),
            }),
          );
          cursor = page.nextCursor;
          for (const line of page.lines) process.stdout.write(flags.json ? `${JSON.stringify(line)}\n` : line.text);
          if (page.lines.length < 1000) break;
        }
        if (!flags.follow || signal.aborted) return;
        if (ENDED.has(state.state)) {
          process.stderr.write(`${state.name} ${state.state}${state.reason ? `: ${state.reason}` : ""}\n`);
          if (state.state !== "SUCCEEDED") setExitCode(EXIT.badInput);
          return;
        }
        await sleep(1000, undefined, { signal }).catch(() => undefined);
      }
    });
}

function cloneCommand(): Command {
  return serverCommand("clone", "run it again as a copy, with changes")
    .argument("<run>", "id, or a beginning of it")
    .option("--set <changes...>", "KEY=VALUE: config keys by path, values as JSON; null removes one")
    .option("--name <name>", "of the copy")
    .action(async (id: string, flags: ServerFlags & { set?: string[]; name?: string }) => {
      const changes = Object.assign({}, ...(flags.set ?? []).map(changeOf)) as Record<string, unknown>;
      await answer(
        flags,
        (api) => api.runs.clone.mutate({ id, changes, ...(flags.name ? { name: flags.name } : {}) }),
        (made) => `${made.id}\n`,
      );
    });
}

/** optimizer.learningRate=0.001 -> { optimizer: { learningRate: 0.001 } } */
function changeOf(text: string): Record<string, unknown> {
  const at = text.indexOf("=");
  if (at < 1)
    throw new UniArmError(
      "change-invalid",
      `"${text}" is no change. Write KEY=VALUE, e.g. optimizer.learningRate=0.001`,
    );
  const raw = text.slice(at + 1);
  let value: unknown = raw;
  try {
    value = JSON.parse(raw);
  } catch {
    // plain text
  }
  return text
    .slice(0, at)
    .split(".")
    .reduceRight<unknown>((inner, key) => ({ [key]: inner }), value) as Record<string, unknown>;
}

function diffCommand(): Command {
  return serverCommand("diff", "settings in which runs differ")
    .argument("<runs...>", "ids, or beginnings of them; the first is the baseline")
    .action(async (ids: string[], flags: ServerFlags) => {
      await answer(
        flags,
        async (api) => {
          const runs = await Promise.all(ids.map((id) => api.runs.get.query({ id })));
          const flat = runs.map((run) => flatten(run.config));
          const keys = [...new Set(flat.flatMap((config) => [...config.keys()]))].sort();
          const differing = keys.filter((key) => new Set(flat.map((config) => config.get(key))).size > 1);
          return {
            runs: runs.map(({ id, name }) => ({ id, name })),
            differences: differing.map((key) => ({ key, values: flat.map((config) => config.get(key) ?? null) })),
          };
        },
        ({ runs, differences }) =>
          differences.length === 0
            ? "The settings are the same.\n"
            : table(
                ["setting", ...runs.map(({ id, name }) => `${name} ${id}`)],
                differences.map(({ key, values }) => [key, ...values]),
              ),
      );
    });
}

function flatten(value: unknown, path = ""): Map<string, string> {
  if (
    typeof value !== "object" ||
    value === null ||
    (Array.isArray(value) && value.every((item) => typeof item !== "object"))
  )
    return new Map([[path, JSON.stringify(value)]]);
  return new Map(
    Object.entries(value).flatMap(([key, inner]) => [...flatten(inner, path === "" ? key : `${path}.${key}`)]),
  );
}

function exportCommand(): Command {
  return serverCommand("export", "a run as a folder: run.json, metrics.csv, log.txt, its outputs and last checkpoint")
    .argument("<run>", "id, or a beginning of it")
    .requiredOption("--output <folder>", "folder to make")
    .action(async (id: string, flags: ServerFlags & { output: string }) => {
      await answer(
        flags,
        (_api, connection) => exportRun(connection, id, flags.output),
        ({ folder, files }) => `${files} files in ${folder}\n`,
      );
    });
}

async function exportRun(
  connection: Connection,
  id: string,
  folder: string,
): Promise<{ folder: string; files: number }> {
  const { api } = connection;
  const run = await api.runs.get.query({ id });
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "run.json"), `${JSON.stringify(run, null, 2)}\n`);
  const rows = ["key,step,value,min,max,points"];
  for (const { key } of run.series) {
    const { series } = await api.metrics.history.query({ runs: run.id, keys: key, points: 20_000 });
    for (const one of series)
      one.step.forEach((step, index) =>
        rows.push(
          [JSON.stringify(one.key), step, one.value[index], one.min[index], one.max[index], one.count[index]].join(","),
        ),
      );
  }
  await writeFile(join(folder, "metrics.csv"), `${rows.join("\n")}\n`);
  let text = "";
  for (let cursor: string | undefined; ;) {
    const page = await api.logs.read.query({ id: run.id, limit: 5000, ...(cursor ? { cursor } : {}) });
    text += page.lines.map((line) => line.text).join("");
    if (page.lines.length < 5000) break;
    cursor = page.nextCursor;
  }
  await writeFile(join(folder, "log.txt"), text);
  let files = 3;
  const { artifacts } = await api.artifacts.list.query({ id: run.id });
  const { checkpoints } = await api.checkpoints.list.query({ id: run.id });
  const last = checkpoints.at(-1);
  const wanted = [
    ...artifacts.flatMap((artifact) =>
      artifact.files.map((file) => ({ ...file, to: join("outputs", artifact.name, file.path) })),
    ),
    ...(last?.files.map((file) => ({ ...file, to: join("checkpoint", file.path) })) ?? []),
  ];
  for (const { sha256, path, to } of wanted) {
    RelativePath.parse(path);
    await download(connection, sha256, join(folder, to));
    files += 1;
  }
  return { folder, files };
}

async function download({ url, key }: Connection, sha256: string, target: string): Promise<void> {
  const found = await fetch(`${url}/api/blobs/${sha256}`, {
    headers: key === undefined ? {} : { authorization: `Bearer ${key}` },
  });
  if (!found.ok || !found.body)
    throw new UniArmError(
      "blob-missing",
      `The file ${sha256} cannot be had: ${((await found.json()) as { message: string }).message}`,
    );
  await mkdir(dirname(target), { recursive: true });
  await pipeline(Readable.fromWeb(found.body as never), createWriteStream(target));
}

function removeCommand(): Command {
  return serverCommand("rm", "delete runs; they can be restored for a week")
    .argument("<runs...>", "ids, or beginnings of them")
    .option("--dry-run", "only say what would go")
    .action(async (ids: string[], flags: ServerFlags & { dryRun?: boolean }) => {
      await answer(
        flags,
        async (api) => {
          const plan = await api.runs.deletionOf.query({ ids });
          if (!flags.dryRun) await api.runs.delete.mutate({ ids });
          return { deleted: !flags.dryRun, ...plan };
        },
        ({ deleted, runs, checkpoints, artifacts, fronts, metricPoints, bytes }) =>
          `${deleted ? "deleted" : "would delete"}: ${runs} runs, ${checkpoints} checkpoints, ${artifacts} outputs, ${fronts} fronts, ${metricPoints} metric points; ${(bytes / 1e6).toFixed(1)} MB that nothing else refers to\n`,
      );
    });
}
