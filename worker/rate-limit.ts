import type { MiddlewareHandler } from 'hono';
import { createMiddleware } from 'hono/factory';
import type { AppEnv } from './env.ts';
import { HttpError } from './errors.ts';

type Limiter = 'REQUEST_LIMIT' | 'CHANGE_LIMIT';

/** Seconds in which a limit counts, as in wrangler.toml. */
const PERIOD_SECONDS = 60;

/**
 * Counts requests of a known token, or of an address where there is none. Health is never refused: who asks for it would take
 * that for an illness. Without the binding there is no limit. Throws 429.
 */
export function rateLimit(name: Limiter): MiddlewareHandler<AppEnv> {
  return createMiddleware(async (c, next) => {
    const limiter = c.env[name];
    if (limiter !== undefined && !c.req.path.startsWith('/v2/health/')) {
      const token = c.get('token');
      const key =
        token === undefined ? `address ${c.req.header('cf-connecting-ip') ?? 'unknown'}` : `token ${token.name}`;
      const { success } = await limiter.limit({ key });
      if (!success) {
        const retry = { 'retry-after': String(PERIOD_SECONDS) };
        throw new HttpError(429, `too many requests: try again in ${PERIOD_SECONDS} seconds`, retry);
      }
    }
    await next();
  });
}
