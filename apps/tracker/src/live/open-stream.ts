import type { Api } from "@uniarm/client";
import type { OpenStream } from "./hub.ts";

/** Streams of a server's news. */
export const streamsOf =
  (api: Api): OpenStream =>
  (topics, { onOpen, onNews, onAway, onRefused }) => {
    const subscription = api.live.follow.subscribe(
      {
        topics: topics.map((topic) =>
          "run" in topic
            ? { run: topic.run, after: Number(topic.mark) }
            : { project: topic.project, after: topic.mark as string | null },
        ),
      },
      {
        onData: ({ data }) => onNews(data),
        onError: onRefused,
        onConnectionStateChange: ({ state, error }) => {
          if (state === "pending") onOpen();
          else if (state === "connecting" && error !== null) onAway();
        },
      },
    );
    return () => subscription.unsubscribe();
  };
