/** Faults in the storage: the call or statement with a given number fails. */
import { runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { openDirectory } from '../../../worker/storage/directory.ts';

/**
 * `call`: a call does not reach its object. `answer`: the object does its work, but the answer is lost. `disk`: a
 * statement or commit of SQLite fails. `full`: all statements that write fail from one on. `storage`: another call of the
 * storage fails; alarms are set with the writes before them, in one commit. `workflow` and `limit`: a call of these
 * bindings fails.
 */
export const FAULTS = ['call', 'answer', 'disk', 'full', 'storage', 'workflow', 'limit'] as const;
export type Fault = (typeof FAULTS)[number];

const STORAGE_CALLS = ['getAlarm', 'deleteAlarm', 'deleteAll', 'sync'] as const;
export const HOUR_MS = 3_600_000;

let armed: Fault | undefined;
let left = 0;

/** Call or statement number `number`, from 1, fails. */
export function arm(fault: Fault, number: number): void {
  [armed, left] = [fault, number];
}

/** Ends the fault. Returns whether it occurred. */
export function disarm(): boolean {
  armed = undefined;
  return left <= 0;
}

/** Counts a call, and returns whether it fails. */
export function fails(fault: Fault): boolean {
  if (armed !== fault) return false;
  left--;
  return fault === 'full' ? left <= 0 : left === 0;
}

type Method = (this: unknown, ...args: unknown[]) => unknown;

/** Replaces a method of a prototype. `wrap` gets the original, bound to its object. */
function replace(
  prototype: object,
  name: string,
  wrap: (original: (...args: unknown[]) => unknown, args: unknown[]) => unknown,
): void {
  const original = Reflect.get(prototype, name) as Method;
  const replaced: Method = function (...args) {
    return wrap((...given) => Reflect.apply(original, this, given), args);
  };
  Reflect.set(prototype, name, replaced);
}

/** Lets the calls of all objects, SQLite and alarms fail when armed. Alarms run only when a test runs them. */
export async function installFaults(): Promise<void> {
  for (const name of ['get', 'getByName']) {
    replace(Object.getPrototypeOf(env.DIRECTORY), name, (original, args) => {
      const stub = original(...args) as object;
      return armed === 'call' || armed === 'answer' ? createFailingStub(stub) : stub;
    });
  }
  const workflowBinding = Object.getPrototypeOf(env.SWEEPS);
  replace(workflowBinding, 'get', (_, [id]) => reachable('workflow', () => openWorkflow(String(id))));
  replace(workflowBinding, 'create', (_, [options]) =>
    reachable('workflow', () => createWorkflow((options as { id: string }).id)),
  );
  const [storage, sql] = await runInDurableObject(openDirectory(env), (_, state) => [
    Object.getPrototypeOf(state.storage),
    Object.getPrototypeOf(state.storage.sql),
  ]);
  replace(sql, 'exec', (original, args) => {
    if (fails('disk')) throw new Error('disk I/O error: SQLITE_IOERR');
    if (/^\s*(INSERT|UPDATE|CREATE)/.test(String(args[0])) && fails('full')) {
      throw new Error('database or disk is full: SQLITE_FULL');
    }
    return original(...args);
  });
  replace(storage, 'transactionSync', (original, [work]) =>
    original(() => {
      const result = (work as () => unknown)();
      if (fails('disk')) throw new Error('disk I/O error: SQLITE_IOERR');
      return result;
    }),
  );
  for (const name of STORAGE_CALLS) {
    replace(storage, name, async (original, args) => {
      if (fails('storage')) throw new Error('internal error in Durable Object storage');
      return original(...args);
    });
  }
  replace(storage, 'setAlarm', (original, [time]) => original(Math.max(Number(time), Date.now() + HOUR_MS)));
}

/** An object that counts its calls, and cannot be reached when armed. */
function createFailingStub(stub: object): object {
  return new Proxy(stub, {
    get: (_, name) => {
      const value = Reflect.get(stub, name);
      if (typeof value !== 'function') return value;
      return async (...args: unknown[]) => {
        if (fails('call')) throw new Error('Network connection lost.');
        const result = await Reflect.apply(value, stub, args);
        if (fails('answer')) throw new Error('Network connection lost.');
        return result;
      };
    },
  });
}

/** Statuses of the workflows, which run nothing. */
export const workflows = new Map<string, { status: InstanceStatus['status'] }>();

function openWorkflow(id: string) {
  const workflow = workflows.get(id);
  if (workflow === undefined) throw new Error('instance.not_found');
  return {
    id,
    status: () => reachable('workflow', () => ({ status: workflow.status })),
    terminate: () => reachable('workflow', () => void Object.assign(workflow, { status: 'terminated' })),
    sendEvent: () => reachable('workflow', () => {}),
  };
}

function createWorkflow(id: string) {
  if (workflows.has(id)) throw new Error('instance.already_exists');
  workflows.set(id, { status: 'running' });
  return openWorkflow(id);
}

const LIMITER = { limit: () => reachable('limit', () => ({ success: true })) };
/** Rate limits that refuse nothing. */
export const LIMITERS = { REQUEST_LIMIT: LIMITER, CHANGE_LIMIT: LIMITER };

async function reachable<Result>(fault: Fault, work: () => Result): Promise<Result> {
  if (fails(fault)) throw new Error('Network connection lost.');
  return work();
}
