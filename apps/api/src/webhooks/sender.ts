import { noteDelivery, takeDeliveries, tellStalled, type Delivery, type Tried } from "@uniarm/db";
import type { Services } from "../context.ts";
import { post } from "./post.ts";
import { signatureOf } from "./signature.ts";

const LOOK_MS = 2000;
const STALLED_EVERY_MS = 30_000;
const AT_ONCE = 8;

/** Sends what webhooks are to be told, and looks for runs that have stalled, until it is stopped. */
export function startSender(services: Services): () => Promise<void> {
  const { db, log } = services;
  const stop = new AbortController();
  let lookedAt = 0;
  const round = async (): Promise<void> => {
    if (Date.now() - lookedAt > STALLED_EVERY_MS) {
      lookedAt = Date.now();
      await tellStalled(db);
    }
    for (let taken = AT_ONCE; taken === AT_ONCE && !stop.signal.aborted;) {
      const deliveries = await takeDeliveries(db, AT_ONCE);
      taken = deliveries.length;
      await Promise.all(deliveries.map((delivery) => deliver(services, delivery)));
    }
  };
  const work = (async () => {
    while (!stop.signal.aborted) {
      await round().catch((error: unknown) => log.warn({ err: error }, "webhooks wait for the database"));
      await new Promise<void>((done) => {
        const timer = setTimeout(done, LOOK_MS);
        stop.signal.addEventListener("abort", () => (clearTimeout(timer), done()), { once: true });
      });
    }
  })();
  return async () => {
    stop.abort();
    await work;
  };
}

/** Sends one, and notes how it went. */
export async function deliver({ db, log, settings }: Services, delivery: Delivery): Promise<Tried> {
  const { id, event, payload, attempt, url, secret } = delivery;
  const body = JSON.stringify({ delivery: id, ...payload, url: addressOf(settings.reach.publicUrl, payload) });
  const seconds = Math.floor(Date.now() / 1000);
  const tried = await post(url, body, {
    allowsPrivate: settings.allowsPrivateWebhooks,
    headers: {
      "content-type": "application/json",
      "user-agent": `UniARM/${settings.version}`,
      "x-uniarm-event": String(payload.event),
      "x-uniarm-delivery": id,
      "x-uniarm-signature": signatureOf(secret, body, seconds),
    },
  });
  await noteDelivery(db, id, attempt, tried);
  const about = { delivery: id, event, attempt, host: new URL(url).host, ...tried }; // the path may be a secret
  if (tried.problem === null) log.info(about, "webhook delivered");
  else log.warn(about, "webhook not delivered");
  return tried;
}

/** Of the run's page; null where the server knows no address of its own. */
function addressOf(publicUrl: URL | null, payload: Record<string, unknown>): string | null {
  const run = payload.run as { id: string } | null;
  return publicUrl && run ? `${publicUrl.href.replace(/\/$/, "")}/runs/${run.id}` : null;
}
