/** A run of a study and what it reads of others. */
export interface GraphNode {
  id: string;
  dependsOn: readonly { producerId: string }[];
}

export interface Placed<Node> {
  node: Node;
  column: number;
  row: number;
}

/** Columns by the longest way from the start; in each, rows near those that they read from. */
export function layout<Node extends GraphNode>(nodes: readonly Node[]): Placed<Node>[] {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const columns = new Map<string, number>();
  const columnOf = (node: Node, trail: ReadonlySet<string>): number => {
    const known = columns.get(node.id);
    if (known !== undefined) return known;
    const before = node.dependsOn
      .map(({ producerId }) => byId.get(producerId))
      .filter((producer) => producer !== undefined && !trail.has(producer.id)) as Node[];
    const column = Math.max(-1, ...before.map((producer) => columnOf(producer, new Set([...trail, node.id])))) + 1;
    columns.set(node.id, column);
    return column;
  };
  nodes.forEach((node) => columnOf(node, new Set()));
  const rows = new Map<string, number>();
  const placed: Placed<Node>[] = [];
  for (let column = 0; column <= Math.max(0, ...columns.values()); column++) {
    const members = nodes
      .filter((node) => columns.get(node.id) === column)
      .map((node, index) => ({ node, wish: meanRow(node, rows) ?? index }))
      .sort((a, b) => a.wish - b.wish);
    let free = 0;
    for (const { node, wish } of members) {
      const row = Math.max(free, Math.round(wish));
      rows.set(node.id, row);
      placed.push({ node, column, row });
      free = row + 1;
    }
  }
  return placed;
}

function meanRow({ dependsOn }: GraphNode, rows: ReadonlyMap<string, number>): number | null {
  const known = dependsOn.flatMap(({ producerId }) => rows.get(producerId) ?? []);
  return known.length === 0 ? null : known.reduce((sum, row) => sum + row, 0) / known.length;
}
