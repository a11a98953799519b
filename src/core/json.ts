/** JSON from outside, with bounds on its depth and its parts: 8 MB of brackets would take 200 MB of memory. */
import { EdgeMlpError, type ErrorCode, errorMessage, formatNumber } from './errors.ts';

interface JsonLimits {
  /** Levels of lists and objects. */
  readonly depth: number;
  /** Lists, objects and fields. */
  readonly parts: number;
}

/** JSON of a text, or of bytes in UTF-8. Throws EdgeMlpError `code`, also for JSON beyond the limits. */
export function parseJson(json: string | Uint8Array, name: string, limits: JsonLimits, code: ErrorCode): unknown {
  try {
    const text = typeof json === 'string' ? json : decodeUtf8(json);
    const excess = findExcess(text, limits);
    if (excess === undefined) return JSON.parse(text);
    throw new EdgeMlpError(code, `${name}: expected JSON ${excess}`);
  } catch (error) {
    if (error instanceof EdgeMlpError) throw error;
    throw new EdgeMlpError(code, `${name}: expected JSON, got: ${errorMessage(error)}`, { cause: error });
  }
}

/** Throws for malformed UTF-8. Created here, because the module must load in runtimes without TextDecoder. */
function decodeUtf8(bytes: Uint8Array): string {
  return new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(bytes);
}

/** Codes of the characters "\:[]{}. */
const [QUOTE, BACKSLASH, COLON] = [0x22, 0x5c, 0x3a];
const [OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d];

/** The limit that a text exceeds. Counts lists, objects and their depth in one pass, without strings. */
function findExcess(text: string, limits: JsonLimits): string | undefined {
  let [depth, parts] = [0, 0];
  for (let at = 0; at < text.length; at++) {
    const character = text.charCodeAt(at);
    if (character === QUOTE) {
      at = findEndOfString(text, at);
    } else if (character === OPEN_LIST || character === OPEN_OBJECT) {
      parts++;
      if (++depth > limits.depth) return `of at most ${limits.depth} levels`;
    } else if (character === CLOSE_LIST || character === CLOSE_OBJECT) depth--;
    else if (character === COLON) parts++;
    if (parts > limits.parts) return `with at most ${formatNumber(limits.parts)} lists, objects and fields, got more`;
  }
  return undefined;
}

/** Index of the quote that ends the string at `start`, or the length of the text. A loop is slow until it is compiled. */
function findEndOfString(text: string, start: number): number {
  for (let at = text.indexOf('"', start + 1); at > 0; at = text.indexOf('"', at + 1)) {
    let escapes = 0;
    while (text.charCodeAt(at - 1 - escapes) === BACKSLASH) escapes++;
    if (escapes % 2 === 0) return at;
  }
  return text.length;
}
