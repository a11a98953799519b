import type { MiddlewareHandler } from 'hono';
import { createMiddleware } from 'hono/factory';
import type { AppEnv } from './env.ts';
import { HttpError } from './errors.ts';

type Limiter = 'PREDICT_LIMIT' | 'CHANGE_LIMIT';

/** Seconds in which a limit counts, as in wrangler.toml. */
const PERIOD_SECONDS = 60;

/** Counts requests of a token, or of an address where there is none. Without the binding there is no limit. Throws 429. */
export function rateLimit(name: Limiter): MiddlewareHandler<AppEnv> {
  return createMiddleware(async (c, next) => {
    const limiter = c.env[name];
    if (limiter !== undefined) {
      const key = c.get('token') ?? c.req.header('cf-connecting-ip') ?? 'unknown';
      const { success } = await limiter.limit({ key });
      if (!success) {
        const retry = { 'retry-after': String(PERIOD_SECONDS) };
        throw new HttpError(429, `too many requests: try again in ${PERIOD_SECONDS} seconds`, retry);
      }
    }
    await next();
  });
}
