import { useQuery } from "@tanstack/react-query";
import { BASE } from "../../api/base.ts";
import { queries } from "../../api/queries.ts";
import { Panel } from "../../components/panel.tsx";

const KEYS = [
  { keys: "Ctrl K", does: "palette: pages, runs, actions" },
  { keys: "g, then a letter", does: "a page: o l r c f p s" },
  { keys: "/", does: "the page's search field" },
  { keys: "← →", does: "in an answer of the playground: the next token" },
];

export function AboutTab() {
  const { data: version } = useQuery(queries.version());
  const { data: me } = useQuery(queries.me());
  return (
    <div className="flex flex-col gap-4">
      <Panel title="UniARM">
        <dl className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-6 gap-y-2">
          <dt className="text-muted">Version</dt>
          <dd className="tabular-nums">{version?.version ?? "…"}</dd>
          <dt className="text-muted">You</dt>
          <dd>{me ? `${me.name}: ${me.scopes.join(", ")}` : "…"}</dd>
          <dt className="text-muted">API</dt>
          <dd>
            <a href={`${BASE}/api/openapi.json`} className="text-accent underline-offset-2 hover:underline">
              {BASE}/api/openapi.json
            </a>
          </dd>
          <dt className="text-muted">License</dt>
          <dd>MIT</dd>
        </dl>
      </Panel>
      <Panel title="Keyboard">
        <dl className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-6 gap-y-2">
          {KEYS.map(({ keys, does }) => (
            <div key={keys} className="contents">
              <dt>
                <kbd className="rounded border border-line-strong px-1.5 font-mono text-xs">{keys}</kbd>
              </dt>
              <dd>{does}</dd>
            </div>
          ))}
        </dl>
      </Panel>
    </div>
  );
}
