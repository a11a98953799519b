/** Transfer of the table of a sweep. */
import { streamBytes } from '../storage/blobs.ts';
import { ask, askReply } from '../storage/objects.ts';
import type { StoredSweep, SweepTable } from './stored-sweep.ts';

export async function storeTable(stored: DurableObjectStub<StoredSweep>, table: SweepTable): Promise<void> {
  const bytes = Uint8Array.from(new TextEncoder().encode(JSON.stringify(table)));
  await askReply<null>(() => stored.end(bytes.length, streamBytes(bytes)));
}

export function readTable(table: ReadableStream<Uint8Array>): Promise<SweepTable> {
  return ask(() => new Response(table).json<SweepTable>());
}
