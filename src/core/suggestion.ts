/** The end of a message about an unknown name, `: did you mean scale?`; empty if no known name is similar. */
export function suggestName(name: string, known: readonly string[]): string {
  const given = name.toLowerCase();
  const distances = known.map((each) => ({ each, distance: countEdits(given, each.toLowerCase()) }));
  const [nearest] = distances.toSorted((a, b) => a.distance - b.distance);
  if (nearest === undefined || nearest.distance > Math.max(1, given.length / 3)) return '';
  return `: did you mean ${nearest.each}?`;
}

/**
 * Insertions, deletions, replacements and swaps of neighbouring characters from one text to another (Damerau 1964,
 * optimal string alignment).
 */
function countEdits(from: string, to: string): number {
  const rows = [Array.from({ length: to.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= from.length; i++) {
    const [above = [], twoAbove = []] = [rows[i - 1], rows[i - 2]];
    const row = [i];
    for (let j = 1; j <= to.length; j++) {
      const replaced = (above[j - 1] ?? 0) + (from[i - 1] === to[j - 1] ? 0 : 1);
      const isSwap = i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1];
      const swapped = isSwap ? (twoAbove[j - 2] ?? 0) + 1 : Number.POSITIVE_INFINITY;
      row.push(Math.min(replaced, swapped, 1 + (above[j] ?? 0), 1 + (row[j - 1] ?? 0)));
    }
    rows.push(row);
  }
  return rows[from.length]?.[to.length] ?? 0;
}
