/** JSON of clients. */
import { parseJson as parseBounded } from '../src/core/json.ts';
import { LIMITS } from './limits.ts';

/** JSON in UTF-8. Throws `bad-data`, also for JSON that would take much more memory than its bytes. */
export function parseJson(bytes: Uint8Array, name = 'body'): unknown {
  return parseBounded(bytes, name, { depth: LIMITS.jsonDepth, parts: LIMITS.jsonParts }, 'bad-data');
}
