/**
 * Bearer tokens of the tests, and the secret TOKENS with their lines name:scopes:sha256, as `edge-mlp token` prints
 * them.
 */
import { createHash } from 'node:crypto';

export const TOKENS = { admin: 'test-admin', train: 'test-train', predict: 'test-predict' } as const;

export const TEST_TOKENS = Object.entries(TOKENS)
  .map(([scope, token]) => `${scope}-of-tests:${scope}:${createHash('sha256').update(token).digest('hex')}`)
  .join('\n');
