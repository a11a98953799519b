/**
 * Bearer tokens of the tests, and the secret TOKENS with their lines name:scopes:sha256, as `edge-mlp token` prints
 * them.
 */
import { createHash } from 'node:crypto';

export const TOKENS = {
  admin: 'test-admin',
  train: 'test-train',
  predict: 'test-predict',
  other: 'test-other',
} as const;

/** Scope of the token `other`, a second owner. */
const SCOPES: Readonly<Record<string, string>> = { other: 'train' };

/** The secret TOKENS for tokens with these names and scopes. Each token is its name. */
export function formatTokens(scopes: Readonly<Record<string, string>>): string {
  return Object.entries(scopes)
    .map(([token, scope]) => formatLine(token, scope, token))
    .join('\n');
}

export const TEST_TOKENS = Object.entries(TOKENS)
  .map(([name, token]) => formatLine(`${name}-of-tests`, SCOPES[name] ?? name, token))
  .join('\n');

function formatLine(name: string, scope: string, token: string): string {
  return `${name}:${scope}:${createHash('sha256').update(token).digest('hex')}`;
}
