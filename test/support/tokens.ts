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

export const TEST_TOKENS = Object.entries(TOKENS)
  .map(
    ([name, token]) => `${name}-of-tests:${SCOPES[name] ?? name}:${createHash('sha256').update(token).digest('hex')}`,
  )
  .join('\n');
