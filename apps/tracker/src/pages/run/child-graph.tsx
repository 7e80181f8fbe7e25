import { Link } from "@tanstack/react-router";
import type { Run } from "../../api/types.ts";
import { Panel } from "../../components/panel.tsx";
import { StateBadge } from "../../components/state-badge.tsx";
import { countText } from "../../text/number.ts";
import { layout } from "./graph-layout.ts";

const WIDTH_PX = 168;
const HEIGHT_PX = 60;
const GAP_X_PX = 28;
const GAP_Y_PX = 12;

/** The runs of a study from left to right: what reads what. */
export function ChildGraph({ nodes }: { nodes: Run["children"] }) {
  const placed = layout(nodes);
  const at = new Map(
    placed.map(({ node, column, row }) => [
      node.id,
      { x: column * (WIDTH_PX + GAP_X_PX), y: row * (HEIGHT_PX + GAP_Y_PX) },
    ]),
  );
  const places = [...at.values()];
  const width = Math.max(...places.map(({ x }) => x)) + WIDTH_PX;
  const height = Math.max(...places.map(({ y }) => y)) + HEIGHT_PX;
  const ended = nodes.filter(({ endedAt }) => endedAt !== null).length;
  return (
    <Panel
      title="Runs of this study"
      aside={<span className="text-muted tabular-nums">{`${ended} of ${countText(nodes.length, "run")} ended`}</span>}
    >
      <div className="max-h-[32rem] overflow-auto p-0.5" tabIndex={0} role="region" aria-label="Graph of the runs">
        <div className="relative" style={{ width, height }}>
          <svg aria-hidden width={width} height={height} className="absolute inset-0 stroke-line-strong" fill="none">
            {placed.flatMap(({ node }) =>
              [...new Set(node.dependsOn.map(({ producerId }) => producerId))].map((producer) => {
                const from = at.get(producer);
                const to = at.get(node.id)!;
                return from && <path key={`${producer} ${node.id}`} d={curve(from, to)} strokeWidth={1.5} />;
              }),
            )}
          </svg>
          <ul>
            {placed.map(({ node }) => (
              <li key={node.id} className="absolute" style={{ left: at.get(node.id)!.x, top: at.get(node.id)!.y }}>
                <Link
                  to="/runs/$id"
                  params={{ id: node.id }}
                  title={node.reason}
                  className="flex flex-col justify-between gap-1 rounded-md border border-line-strong bg-surface px-2.5 py-2 hover:bg-sunken"
                  style={{ width: WIDTH_PX, height: HEIGHT_PX }}
                >
                  <span className="truncate font-medium">{node.name}</span>
                  <span className="flex items-center justify-between gap-2">
                    <StateBadge state={node.state} />
                    <span className="truncate text-xs text-muted">
                      {node.cachedFromId === null ? node.kind : "taken over"}
                    </span>
                  </span>
                </Link>
              </li>
            ))}
          </ul>
        </div>
      </div>
    </Panel>
  );
}

function curve(from: { x: number; y: number }, to: { x: number; y: number }): string {
  const [x1, y1] = [from.x + WIDTH_PX, from.y + HEIGHT_PX / 2];
  const [x2, y2] = [to.x, to.y + HEIGHT_PX / 2];
  const bend = (x2 - x1) / 2;
  return `M${x1} ${y1} C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}`;
}
