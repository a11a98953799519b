/** Durable Objects: their calls and names. */
import { HttpError, type Reply, readReply, storageUnavailable } from '../errors.ts';

/** The result of a call. Throws 503 if the object cannot be reached. */
export async function ask<Result>(call: () => Promise<Result>): Promise<Result> {
  try {
    return await call();
  } catch (error) {
    throw error instanceof HttpError ? error : storageUnavailable(error);
  }
}

/** The value of a reply. Throws the refusal of the object, or 503. */
export async function askReply<Value>(call: () => Promise<Reply<Value>>): Promise<Value> {
  return readReply(await ask(call));
}

/** The result of a call of the workflow engine; undefined if it refuses with this code. Throws 503. */
export async function askUnless<Result>(code: string, call: () => Promise<Result>): Promise<Result | undefined> {
  return ask(async () => {
    try {
      return await call();
    } catch (error) {
      if (error instanceof Error && error.message.includes(`instance.${code}`)) return undefined;
      throw error;
    }
  });
}

/** Name by which an object was opened. Throws for an object without a name. */
export function readName({ id }: DurableObjectState): string {
  if (id.name === undefined) throw new Error(`object ${id}: expected a name, got none`);
  return id.name;
}
