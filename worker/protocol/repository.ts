/** Request bodies of the extension `model_repository`, which may be empty. Unknown parameters are refused with 400. */
import type { Context } from 'hono';
import type { AppEnv } from '../env.ts';
import { parseJson } from '../json.ts';
import { LIMITS } from '../limits.ts';
import { readBody } from '../requests.ts';
import { optional, optionalFields, readFields, readFlag } from './fields.ts';

/**
 * Fields of each request. `ready` changes nothing, because every version is loaded when it is requested, and so does
 * `unload_dependents`, because no model depends on another. `load` takes no `config` and no files: the uploaded file of a
 * model defines both.
 */
const REQUESTS = {
  index: { ready: optional(readFlag) },
  load: { parameters: optionalFields({}) },
  unload: { parameters: optionalFields({ unload_dependents: optional(readFlag) }) },
};

/** Throws 400 for a body that the service does not understand. */
export async function checkRepositoryRequest(c: Context<AppEnv>, kind: keyof typeof REQUESTS): Promise<void> {
  const body = await readBody(c.req.raw, LIMITS.smallBodyBytes);
  if (body.length > 0) readFields(parseJson(body), '', REQUESTS[kind]);
}
