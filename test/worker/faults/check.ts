/** Checks a request with each fault of the storage at each place. */
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { arm, disarm, FAULTS, installFaults } from './injection.ts';
import { ROWS } from './rows.ts';
import { type Answered, World } from './world.ts';

const world = new World();
/** Number of faults so far. */
let faults = 0;

/** Tests of all routes with this tag in the OpenAPI document. */
export async function describeFaults(tag: string): Promise<void> {
  const { paths } = await world.doJson<Document>({ path: '/openapi.json' });
  const routes = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { tags }]) => ({ route: `${method.toUpperCase()} ${path}`, tags })),
  );

  beforeAll(async () => {
    vi.spyOn(console, 'error').mockImplementation(() => {});
    await installFaults();
  });

  afterAll(() => console.log(`${tag}: ${faults} faults`));

  describe(`a route of ${tag} does its work, or answers 503 or 507 and changes nothing:`, () => {
    const own = routes.filter(({ tags }) => tags.includes(tag));
    it.each(own)('$route', { timeout: 300_000 }, ({ route }) => checkRoute(route));
  });
}

interface Document {
  readonly paths: Record<string, Record<string, { readonly tags: readonly string[] }>>;
}

async function checkRoute(route: string): Promise<void> {
  const row = ROWS[route];
  if (row === undefined) throw new Error(`${route} has no row in rows.ts`);
  const isDone = ({ status, isCut }: Answered) => status < 400 && !isCut;
  const prepare = async () => {
    await world.empty();
    return row.prepare(world);
  };
  let sent = await prepare();
  const before = await takeSnapshot();
  const undisturbed = await world.send(sent);
  expect(isDone(undisturbed), `without a fault: ${readText(undisturbed)}`).toBe(true);
  const after = await takeSnapshot();
  const isChange = !isEqual(before, after);

  for (const fault of FAULTS) {
    for (let number = 1; ; number++) {
      const place = `${fault} ${number}`;
      if (isChange) sent = await prepare();
      world.forget();
      arm(fault, number);
      const answered = await world.send(sent);
      if (!disarm()) break;
      faults++;
      // Every second time, the fault also ends the objects.
      if (isChange && number % 2 === 0) await world.restart();
      const stored = await takeSnapshot();
      if (isDone(answered)) expect(stored, `${place}: after success`).toEqual(after);
      else {
        // A download that breaks off has already sent its status.
        if (!answered.isCut) expect([503, 507], `${place}: ${readText(answered)}`).toContain(answered.status);
        // If the answer is lost, the change may be done, but never in part.
        const isDoneUnseen = fault === 'answer' && isEqual(stored, after);
        if (!isDoneUnseen && !row.isGradual) expect(stored, `${place}: ${readText(answered)}`).toEqual(before);
      }

      world.forget();
      const repeated = await world.send(sent);
      // The first request may have done its work.
      const isKnown = repeated.status === row.repeated && isEqual(stored, after);
      expect(isDone(repeated) || isKnown, `${place}: retry: ${readText(repeated)}`).toBe(true);
      expect(await takeSnapshot(), `${place}: after the retry`).toEqual(after);
    }
  }
}

async function takeSnapshot(): Promise<object> {
  await world.cleanUp();
  return world.snapshot();
}

function isEqual(one: object, other: object): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

function readText({ status, body }: Answered): string {
  return `${status} ${new TextDecoder().decode(body.subarray(0, 300))}`;
}
