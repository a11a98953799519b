/** Tokens of the tests, and the secret that knows them: name:scopes:sha256, as edge-mlp token prints it. */
import { createHash } from 'node:crypto';

export const TOKENS = { admin: 'test-admin', train: 'test-train', predict: 'test-predict' } as const;

export const TEST_TOKENS = Object.entries(TOKENS)
  .map(([scope, token]) => `${scope}-of-tests:${scope}:${createHash('sha256').update(token).digest('hex')}`)
  .join('\n');
