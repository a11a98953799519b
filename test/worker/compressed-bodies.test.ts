/** Random compressed bodies, whole and damaged: bounded bytes, or an error of the client. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { HttpError } from '../../worker/errors.ts';
import { readBody } from '../../worker/requests.ts';

const LIMIT = 20_000;
const CASES = 400;

async function compress(
  content: Uint8Array<ArrayBuffer>,
  format: 'gzip' | 'deflate',
): Promise<Uint8Array<ArrayBuffer>> {
  const stream = new Blob([content]).stream().pipeThrough(new CompressionStream(format));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

const content = fc.oneof(
  { weight: 4, arbitrary: fc.uint8Array({ maxLength: 500 }) },
  { weight: 1, arbitrary: fc.integer({ min: LIMIT - 1, max: 3 * LIMIT }).map((length) => new Uint8Array(length)) },
);
/** A byte to change, to insert or to remove. */
const change = fc.record({ at: fc.nat(600), byte: fc.nat(255), removed: fc.nat(2), added: fc.nat(1) });

it(`${CASES} compressed bodies give at most the limit, or an error of the client`, async () => {
  const outcomes = new Map<number, number>();
  await fc.assert(
    fc.asyncProperty(
      content,
      fc.constantFrom('gzip', 'deflate'),
      fc.array(change, { maxLength: 2 }),
      async (bytes, format, changes) => {
        const whole = [...(await compress(Uint8Array.from(bytes), format))];
        for (const { at, byte, removed, added } of changes) {
          whole.splice(at % (whole.length + 1), removed, ...Array<number>(added).fill(byte));
        }
        const headers = { 'content-encoding': format };
        const request = new Request('http://x', { method: 'POST', body: Uint8Array.from(whole), headers });
        const status = await readBody(request, LIMIT).then(
          (body) => {
            expect(body.length).toBeLessThanOrEqual(LIMIT);
            if (changes.length === 0) expect(body).toEqual(Uint8Array.from(bytes));
            return 200;
          },
          (error) => (error instanceof HttpError ? error.status : Promise.reject(error)),
        );
        outcomes.set(status, (outcomes.get(status) ?? 0) + 1);
      },
    ),
    { numRuns: CASES },
  );
  expect([...outcomes.keys()].sort()).toEqual([200, 400, 413]);
});
