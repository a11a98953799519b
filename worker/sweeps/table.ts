/** The table of a sweep, and its transfer. */
import type { RunState, SweepState } from '../../src/api/sweeps.ts';
import { streamBytes } from '../storage/blobs.ts';
import { ask, askReply } from '../storage/objects.ts';

export interface SweepTable {
  /** Running until the final table is stored. */
  readonly state: SweepState;
  /** Null for runs that have not reported. */
  readonly runs: readonly (RunState | null)[];
}

type SweepStub = ReturnType<Env['SWEEP_RECORDS']['getByName']>;

export async function storeTable(stored: SweepStub, table: SweepTable): Promise<void> {
  const bytes = encodeTable(table);
  await askReply<null>(() => stored.end(bytes.length, streamBytes(bytes)));
}

export function readTable(table: ReadableStream<Uint8Array>): Promise<SweepTable> {
  return ask(() => new Response(table).json<SweepTable>());
}

/** JSON of a table. */
export function encodeTable(table: SweepTable): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(new TextEncoder().encode(JSON.stringify(table)));
}
