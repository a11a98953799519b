/** The final table of a sweep. */
import type { RunState, SweepState } from '../../src/api/sweeps.ts';
import { streamBytes } from '../storage/blobs.ts';
import { askReply } from '../storage/objects.ts';
import type { StoredSweep } from './stored-sweep.ts';

export interface SweepTable {
  readonly state: SweepState;
  readonly runs: readonly RunState[];
}

/** Sends the table as a stream: 200 runs with long records exceed the 32 MiB of a call. */
export async function storeTable(stored: DurableObjectStub<StoredSweep>, table: SweepTable): Promise<void> {
  const bytes = Uint8Array.from(new TextEncoder().encode(JSON.stringify(table)));
  await askReply<null>(() => stored.createTable(bytes.length, streamBytes(bytes)));
}
