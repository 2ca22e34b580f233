// Where the nodes of a beam search stand. A column a step; in a column the children stand in the
// order of their parents, so that no two edges cross.

/**
 * Place the nodes of `beam(…).tree`.
 *
 * @param tree per step, the best first: [{id, parent, token, logP, score, kept, ended}]; a parent
 *   is a kept node of the step before, or null for the empty text.
 * @returns {nodes, columns, rows}: each node with `column` (its step), `place` (0 is the top),
 *   `path` (the nodes from the first step to it), `children`, and `wins`: it lies on the way to
 *   the text that the search returns.
 */
export function beamLayout(tree) {
  const nodes = new Map();
  tree.forEach((step, column) => {
    const placed = step
      .map((node) => {
        const parent = nodes.get(node.parent) ?? null;
        return { ...node, parent, column, children: [], wins: false };
      })
      .sort((a, b) => (a.parent?.place ?? 0) - (b.parent?.place ?? 0) || b.score - a.score);
    placed.forEach((node, place) => {
      node.place = place;
      node.path = node.parent ? [...node.parent.path, node] : [node];
      node.parent?.children.push(node);
      nodes.set(node.id, node);
    });
  });
  const winner = nodes.get(tree.at(-1)[0].id);
  for (const node of winner.path) node.wins = true;
  return {
    nodes: [...nodes.values()],
    winner,
    columns: tree.length,
    rows: Math.max(0, ...tree.map((step) => step.length)),
  };
}

/** The tokens that a node has written: without the `<pad>` that follows `</s>`. */
export function writtenTokens(node) {
  const tokens = node.path.filter((ancestor) => !ancestor.parent?.ended);
  return tokens.map((ancestor) => ancestor.token);
}
