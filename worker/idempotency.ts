/** Idempotency-Key: what was begun with one is found again by it, by whoever has begun it. */
import { z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import type { AppEnv } from './env.ts';
import { HttpError } from './errors.ts';

export const IdempotencyHeader = z.object({ 'idempotency-key': z.string().min(1).max(200).optional() });

/** A name for what a request begins: the same for the same key of the same token, new for every request without a key. */
export function nameOfRequest(c: Context<AppEnv>, kind: string): string {
  const key = c.req.header('idempotency-key');
  if (key === undefined) return `${kind} ${crypto.randomUUID()}`;
  return `${kind} of ${c.get('token')?.name ?? ''} by key ${key}`;
}

/** Throws 409 where the key has begun something else. */
export function checkSame(kind: string, known: unknown, asked: unknown): void {
  if (JSON.stringify(known) === JSON.stringify(asked)) return;
  throw new HttpError(409, `Idempotency-Key: expected another one, as this key has started a ${kind} of other options`);
}
