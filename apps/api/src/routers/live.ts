import { LIMITS, UniArmError } from "@uniarm/core/schema";
import { changedRuns, findProject, resolveRunId, type NumberedChange } from "@uniarm/db";
import { tracked } from "@trpc/server";
import { z } from "zod";
import type { Context } from "../context.ts";
import { follow, type Source } from "../follow.ts";
import { RunId } from "../launch.ts";
import { plain, type Plain } from "../plain.ts";
import { runChanges } from "../run-changes.ts";
import { at, Project, router } from "../trpc.ts";

const Sequence = z.number().int().nonnegative();
const Moment = z.iso.datetime();

/** What is followed, and the mark of the last news of it that is known: a run's by number, a project's by time. */
const Topic = z.union([
  z.strictObject({ run: RunId, after: Sequence }),
  z.strictObject({ project: Project, after: Moment.nullable() }),
]);
type Topic = z.infer<typeof Topic>;
const Marks = z.array(z.union([Sequence, Moment]).nullable());
type Mark = z.infer<typeof Marks>[number];

/** News of the topic at that place in the list. */
export type LiveNews = { topic: number; mark: Mark } & (
  | { type: "change"; change: Plain<NumberedChange> }
  /** runs of the project that are new, or have another state or progress; none: from here on */
  | { type: "runs"; ids: string[] }
  /** it cannot be followed */
  | { type: "gone"; message: string }
);

export const live = router({
  /** One stream for all that a browser shows: it opens six connections to a server, and every stream keeps one. */
  follow: at("read", null, "Live news of several runs and projects")
    .input(
      z.object({
        topics: z.array(Topic).min(1).max(LIMITS.followed),
        lastEventId: z.string().max(10_000).nullish().describe("marks of all topics, as the last news had them"),
      }),
    )
    .subscription(async function* ({ ctx, input, signal }) {
      const marks = marksOf(input);
      const sources: Source<LiveNews>[] = [];
      for (const [place, topic] of input.topics.entries()) {
        try {
          sources.push(await sourceOf(ctx, { place, topic, mark: marks[place]! }));
        } catch (error) {
          if (!(error instanceof UniArmError)) throw error;
          const news: LiveNews = { topic: place, mark: marks[place]!, type: "gone", message: error.message };
          yield tracked(JSON.stringify(marks), news);
        }
      }
      const from = {
        listener: ctx.listener,
        signal: signal!,
        onError: (error: unknown) => ctx.log.warn({ error }, "live news wait for the database"),
      };
      for await (const news of follow(from, sources)) {
        marks[news.topic] = news.mark;
        yield tracked(JSON.stringify(marks), news);
      }
    }),
});

function marksOf({ topics, lastEventId }: { topics: Topic[]; lastEventId?: string | null | undefined }): Mark[] {
  const first = topics.map(({ after }): Mark => after);
  if (lastEventId == null) return first;
  const marks = Marks.length(topics.length).safeParse(jsonOf(lastEventId)).data;
  return marks?.every((mark, place) => mark === null || typeof mark === typeof first[place] || first[place] === null)
    ? marks
    : first;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

async function sourceOf(
  ctx: Context,
  { place, topic, mark }: { place: number; topic: Topic; mark: Mark },
): Promise<Source<LiveNews>> {
  if ("run" in topic) {
    const changes = runChanges(ctx.db, await resolveRunId(ctx.db, topic.run), Number(mark));
    return {
      topic: changes.topic,
      read: async () =>
        (await changes.read()).map((change) => ({
          topic: place,
          mark: change.sequence,
          type: "change",
          change: plain(change),
        })),
    };
  }
  const project = await findProject(ctx.db, topic.project);
  const changed = changedRuns(ctx.db, project, typeof mark === "string" ? new Date(mark) : null);
  return {
    topic: `project:${project}`,
    read: async () => {
      const found = await changed();
      return found ? [{ topic: place, mark: found.until.toISOString(), type: "runs", ids: found.ids }] : [];
    },
  };
}
