/** JSON of clients, with bounds on its depth and its parts: 8 MB of brackets would take 200 MB of memory. */
import { errorMessage, formatNumber } from '../src/core/errors.ts';
import { badRequest } from './errors.ts';
import { LIMITS } from './limits.ts';

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false });

/** JSON in UTF-8. Throws 400, also for JSON that would take much more memory than its bytes. */
export function parseJson(bytes: Uint8Array, name = 'body'): unknown {
  checkNesting(bytes, name);
  try {
    return JSON.parse(UTF8.decode(bytes));
  } catch (error) {
    throw badRequest(`${name}: expected JSON, got: ${errorMessage(error)}`, error);
  }
}

const [QUOTE, BACKSLASH, COLON, OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [...'"\\:[]{}'].map((character) =>
  character.charCodeAt(0),
);

/** Counts lists, objects and their depth in one pass, without strings. Throws 400. */
function checkNesting(bytes: Uint8Array, name: string): void {
  let [depth, containers, fields] = [0, 0, 0];
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at];
    if (byte === QUOTE) {
      for (at++; at < bytes.length && bytes[at] !== QUOTE; at++) if (bytes[at] === BACKSLASH) at++;
    } else if (byte === OPEN_LIST || byte === OPEN_OBJECT) {
      depth++;
      containers++;
      if (depth > LIMITS.jsonDepth) throw badRequest(`${name}: expected JSON of at most ${LIMITS.jsonDepth} levels`);
    } else if (byte === CLOSE_LIST || byte === CLOSE_OBJECT) depth--;
    else if (byte === COLON) fields++;
    if (containers + fields > LIMITS.jsonContainers) {
      const most = formatNumber(LIMITS.jsonContainers);
      throw badRequest(`${name}: expected JSON with at most ${most} lists, objects and fields, got more`);
    }
  }
}
