import { EdgeMlpError } from '../core/errors.ts';

/** Bytes as text. Throws `bad-data` for what is no UTF-8: letters that are replaced would make one class of two. */
export function utf8Text(bytes: Uint8Array, name: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(bytes);
  } catch (cause) {
    throw new EdgeMlpError('bad-data', `${name}: expected text in UTF-8, got bytes that are none`, { cause });
  }
}
