/** SQLite in Durable Objects. */

/** A cell of a Durable Object holds 2 MB. The local runtime does not enforce this limit, so `checkCell` does. */
export const CELL_LIMIT_BYTES = 2_000_000;

/** Throws for a cell that a deployed object would refuse. */
export function checkCell<Cell extends string | Uint8Array>(cell: Cell): Cell {
  const bytes = typeof cell === 'string' ? new TextEncoder().encode(cell).length : cell.length;
  if (bytes <= CELL_LIMIT_BYTES) return cell;
  throw new Error(`cell: expected at most ${CELL_LIMIT_BYTES} bytes, got ${bytes}`);
}

export function hasTable(sql: SqlStorage, name: string): boolean {
  return sql.exec('SELECT name FROM sqlite_master WHERE name = ?', name).toArray().length > 0;
}
