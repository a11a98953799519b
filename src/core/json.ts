/** JSON from outside, with bounds on its depth and its parts: 8 MB of brackets would take 200 MB of memory. */
import { EdgeMlpError, type ErrorCode, errorMessage, formatNumber } from './errors.ts';

export interface JsonLimits {
  /** Levels of lists and objects. */
  readonly depth: number;
  /** Lists, objects and fields. */
  readonly parts: number;
}

/** JSON of a text, or of bytes in UTF-8. Throws EdgeMlpError `code`, also for JSON beyond the limits. */
export function parseJson(json: string | Uint8Array, name: string, limits: JsonLimits, code: ErrorCode): unknown {
  try {
    const text = typeof json === 'string' ? json : decodeUtf8(json);
    const isShort = text.length <= Math.min(SHORT_TEXT, limits.parts);
    const excess = isShort ? undefined : findExcess(text, limits);
    const value: unknown = excess === undefined ? JSON.parse(text) : undefined;
    const fault = isShort && isDeeper(value, limits.depth) ? describeDepth(limits) : excess;
    if (fault === undefined) return value;
    throw new EdgeMlpError(code, `${name}: expected JSON ${fault}`);
  } catch (error) {
    if (error instanceof EdgeMlpError) throw error;
    throw new EdgeMlpError(code, `${name}: expected JSON, got: ${errorMessage(error)}`, { cause: error });
  }
}

/** Throws for malformed UTF-8. Created here, because the module must load in runtimes without TextDecoder. */
function decodeUtf8(bytes: Uint8Array): string {
  return new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(bytes);
}

/**
 * Up to this number of characters, the depth of the value is checked: the values of a text are fewer than its characters,
 * and a loop over characters is slow until the engine has compiled it. A longer text is checked before it takes memory.
 */
const SHORT_TEXT = 2 ** 16;

/** Whether a value has more levels of lists and objects than `depth`. */
function isDeeper(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return depth === 0 || Object.values(value).some((item) => isDeeper(item, depth - 1));
}

function describeDepth({ depth }: JsonLimits): string {
  return `of at most ${depth} levels`;
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
      if (++depth > limits.depth) return describeDepth(limits);
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
