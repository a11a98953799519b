import { asBytes, concatBytes } from '../../src/core/bytes.ts';

/** SHA-256 of the bytes in hexadecimal; empty on pages that are not served over TLS or from localhost. */
export async function sha256(...parts: readonly ArrayBufferView[]): Promise<string> {
  if (!isSecureContext) return '';
  const digest = await crypto.subtle.digest('SHA-256', concatBytes(parts.map(asBytes)));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
