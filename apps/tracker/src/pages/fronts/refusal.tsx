import { CONDITIONS } from "@uniarm/core/schema";
import { Layers2 } from "lucide-react";
import type { Front } from "../../api/types.ts";
import { buttonLook } from "../../components/button.tsx";
import { FrontsLink } from "../../components/fronts-link.tsx";
import { Panel } from "../../components/panel.tsx";
import { Table, Td, Th } from "../../components/table.tsx";
import { countText, numberText } from "../../text/number.ts";
import { protocolOf } from "./explored.ts";

const list = (values: readonly number[]): string => values.map((value) => numberText(value)).join(", ");

const FIELDS: Record<string, (front: Front) => string> = {
  objectives: ({ objectives }) => objectives.join(", "),
  normaliser: (front) => {
    const { nadir, ideal } = protocolOf(front).normaliser;
    return `nadir ${list(nadir)}; ideal ${list(ideal)}`;
  },
  "reference point": ({ referencePoint }) => list(referencePoint),
  preferences: ({ points }) => countText(points.length, "vector"),
  ...Object.fromEntries(
    Object.entries(CONDITIONS).map(([key, title]) => [
      title,
      ({ conditions }: Front) => String(conditions[key as keyof Front["conditions"]] ?? "not known"),
    ]),
  ),
  "number of prompts": ({ points }) => [...new Set(points.map(({ promptCount }) => promptCount))].join(" to "),
};

/** In place of an overlay that would mislead: what differs, and what can be shown instead. */
export function Refusal({ fronts, differences }: { fronts: readonly Front[]; differences: readonly string[] }) {
  const groups = [
    ...Map.groupBy(fronts, ({ protocolHash, conditions }) => `${protocolHash} ${JSON.stringify(conditions)}`).values(),
  ];
  return (
    <Panel title="These fronts were measured under different protocols">
      <p className="mb-3">
        They differ in <strong>{differences.join(", ")}</strong>, so their figures do not compare and are not laid over
        one another. Evaluate them under one protocol, or show those that have the same:
      </p>
      <Table label="What differs">
        <thead>
          <tr>
            <Th>Protocol</Th>
            <Th>Fronts</Th>
            {differences.map((name) => (
              <Th key={name}>{name}</Th>
            ))}
            <Th>
              <span className="sr-only">Show</span>
            </Th>
          </tr>
        </thead>
        <tbody>
          {groups.map((members) => (
            <tr key={members[0]!.id}>
              <Td>
                <code className="font-mono text-xs">{members[0]!.protocolHash.slice(0, 12)}</code>
              </Td>
              <Td>{members.map(({ name, run }) => `${name} (${run.name})`).join(", ")}</Td>
              {differences.map((name) => (
                <Td key={name}>{FIELDS[name]?.(members[0]!) ?? "other prompts"}</Td>
              ))}
              <Td className="py-1">
                <FrontsLink ids={members.map(({ id }) => id)} className={buttonLook("plain", "small")}>
                  <Layers2 aria-hidden />
                  Show {members.length === 1 ? "this one" : `these ${members.length}`}
                </FrontsLink>
              </Td>
            </tr>
          ))}
        </tbody>
      </Table>
    </Panel>
  );
}
