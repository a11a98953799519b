/** Bearer tokens of a service. It stores only their SHA-256, in the secret TOKENS. */
import { randomBytes } from 'node:crypto';
import { sha256 } from './hash.ts';

const TOKEN_BYTES = 32;

interface NewToken {
  readonly token: string;
  /** Its line of TOKENS: `name:scope+scope:sha256`. */
  readonly line: string;
}

export function createToken(name: string, scopes: readonly string[]): NewToken {
  const token = `emlp_${randomBytes(TOKEN_BYTES).toString('base64url')}`;
  return { token, line: `${name}:${scopes.join('+')}:${hashToken(token)}` };
}

export function hashToken(token: string): string {
  return sha256(new TextEncoder().encode(token));
}
