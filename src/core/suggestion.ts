/**
 * The end of a message about an unknown name, `: did you mean scale?`: the known names that it begins, or the nearest
 * one. Empty if no known name is similar.
 */
export function suggestName(name: string, known: readonly string[]): string {
  const given = name.toLowerCase();
  const longer = known.filter((each) => given.length > 3 && each.toLowerCase().startsWith(given));
  const [first, ...others] = longer.length > 0 ? longer : findNearest(given, known);
  if (first === undefined) return '';
  return others.length === 0 ? `: did you mean ${first}?` : `: did you mean one of ${longer.join(', ')}?`;
}

/** At most one name. Lengths are compared first: the name may be a megabyte of a request. */
function findNearest(given: string, known: readonly string[]): string[] {
  const most = Math.max(1, given.length / 3);
  const distances = known
    .filter((each) => Math.abs(each.length - given.length) <= most)
    .map((each) => ({ each, distance: countEdits(given, each.toLowerCase()) }));
  const [nearest] = distances.toSorted((a, b) => a.distance - b.distance);
  return nearest === undefined || nearest.distance > most ? [] : [nearest.each];
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
