/** Access: bearer tokens with scopes, stored as SHA-256 hashes in the secret TOKENS, and rate limits. */
import type { Context, MiddlewareHandler } from 'hono';
import { createMiddleware } from 'hono/factory';
import { isScope, type Scope } from '../src/api/scopes.ts';
import type { AppEnv, Token } from './env.ts';
import { HttpError } from './errors.ts';

/** Period of the rate limits, as in wrangler.toml. */
const PERIOD_SECONDS = 60;

/**
 * Entries `name:scope+scope:sha256`, separated by white space or commas. Throws 503 for any other entry: ignoring a
 * mistake in the secret would silently revoke or grant access.
 */
export function parseTokens(secret: string): Token[] {
  return secret
    .split(/[\s,]+/)
    .filter((entry) => entry !== '')
    .map((entry) => {
      const [, name, scopes = '', hash = ''] = /^([\w.-]+):([a-z+]+):([0-9a-f]{64})$/.exec(entry) ?? [];
      const listed = scopes.split('+');
      if (name === undefined || !listed.every(isScope)) {
        const message = 'the secret TOKENS is malformed: expected name:scope+scope:sha256, as edge-mlp token prints it';
        throw new HttpError(503, message);
      }
      const bytes = Uint8Array.from(hash.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
      return { name, scopes: listed, hash: bytes };
    });
}

/** Requires a token with this scope or with `admin`. Throws 401, 403 or 503. */
export function requireScope(scope: Scope): MiddlewareHandler<AppEnv> {
  return createMiddleware(async (c, next) => {
    authorise(c, scope);
    await next();
  });
}

/** Requires the scope `predict` if the variable PREDICT_ACCESS is "token". Throws 401, 403 or 503. */
export const predictAccess = createMiddleware<AppEnv>(async (c, next) => {
  const access = c.env.PREDICT_ACCESS ?? 'open';
  if (access === 'token') authorise(c, 'predict');
  else if (access !== 'open') throw new HttpError(503, `PREDICT_ACCESS: expected open or token, got ${access}`);
  await next();
});

/** Looks up the token of the request. Requests without a known token pass. */
export const identify = createMiddleware<AppEnv>(async (c, next) => {
  const presented = readToken(c);
  if (presented !== undefined && c.env.TOKENS) {
    const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(presented)));
    // Compares with every token, in constant time each, so that timing reveals nothing.
    const [token] = parseTokens(c.env.TOKENS).filter((known) => crypto.subtle.timingSafeEqual(known.hash, hash));
    if (token !== undefined) c.set('token', token);
  }
  await next();
});

/**
 * Limits the requests of each token, or of each address without a known token. Health checks are exempt, because a
 * refusal would look like an outage. Without the binding there is no limit. Throws 429.
 */
export function rateLimit(name: 'REQUEST_LIMIT' | 'CHANGE_LIMIT'): MiddlewareHandler<AppEnv> {
  return createMiddleware(async (c, next) => {
    const limiter = c.env[name];
    if (limiter !== undefined && !c.req.path.startsWith('/v2/health/')) {
      const token = c.get('token');
      const address = c.req.header('cf-connecting-ip') ?? 'unknown';
      const { success } = await limiter.limit({ key: token ? `token ${token.name}` : `address ${address}` });
      if (!success) {
        const message = `too many requests: try again in ${PERIOD_SECONDS} seconds`;
        throw new HttpError(429, message, { 'retry-after': String(PERIOD_SECONDS) });
      }
    }
    await next();
  });
}

function authorise(c: Context<AppEnv>, scope: Scope): void {
  if (parseTokens(c.env.TOKENS ?? '').length === 0) {
    const step = 'create one with `edge-mlp token`, then run `wrangler secret put TOKENS`';
    const local = 'On your machine, start the service with `npm run dev`, which creates one';
    throw new HttpError(503, `changes are disabled, because this service has no tokens: ${step}. ${local}`);
  }
  if (readToken(c) === undefined) throw createTokenError(c, 'expected Authorization: Bearer TOKEN, got none');
  const token = c.get('token');
  if (token === undefined) throw createTokenError(c, 'unknown token');
  if (token.scopes.includes(scope) || token.scopes.includes('admin')) return;
  const got = `${token.name} with ${token.scopes.join(', ')}`;
  throw new HttpError(403, `expected a token with the scope ${scope}, got ${got}`);
}

function readToken(c: Context<AppEnv>): string | undefined {
  return /^Bearer +(\S+)$/i.exec(c.req.header('authorization') ?? '')?.[1];
}

function createTokenError(c: Context<AppEnv>, message: string): HttpError {
  const isLocal = c.env.EDGE_MLP_TOKEN !== undefined;
  const step = isLocal ? ': open the link that `npm run dev` prints, or run `source .dev.vars`' : '';
  return new HttpError(401, message + step, { 'www-authenticate': 'Bearer' });
}
