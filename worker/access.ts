/** Who may do what: bearer tokens with scopes, kept as SHA-256 hashes in the secret TOKENS. */
import type { Context, MiddlewareHandler } from 'hono';
import { createMiddleware } from 'hono/factory';
import type { AppEnv } from './env.ts';
import { HttpError } from './errors.ts';

export const SCOPES = ['predict', 'train', 'admin'] as const;
export type Scope = (typeof SCOPES)[number];

export interface Token {
  readonly name: string;
  readonly scopes: readonly Scope[];
  /** SHA-256 of the token, 32 bytes. */
  readonly hash: Uint8Array;
}

/**
 * `name:scope+scope:sha256`, separated by white space or commas: what `edge-mlp token` prints. Throws 503 for anything else,
 * because a mistake in the secret must not open or close anything silently.
 */
export function parseTokens(secret: string): Token[] {
  return secret
    .split(/[\s,]+/)
    .filter((entry) => entry !== '')
    .map((entry) => {
      const [, name, scopes = '', hash = ''] = /^([\w.-]+):([a-z+]+):([0-9a-f]{64})$/.exec(entry) ?? [];
      const listed = scopes.split('+');
      if (name === undefined || !listed.every(isScope)) {
        throw new HttpError(
          503,
          'the secret TOKENS is malformed: expected name:scope+scope:sha256, as edge-mlp token prints it',
        );
      }
      return {
        name,
        scopes: listed,
        hash: Uint8Array.from(hash.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16)),
      };
    });
}

/** The routes behind it need a token with this scope; `admin` has all of them. Throws 401, 403 or 503. */
export function requireScope(scope: Scope): MiddlewareHandler<AppEnv> {
  return createMiddleware(async (c, next) => {
    authorise(c, scope);
    await next();
  });
}

/** Predicting is open, unless the variable PREDICT_ACCESS is "token". A mistake in it opens nothing: 503. */
export function predictAccess(): MiddlewareHandler<AppEnv> {
  return createMiddleware(async (c, next) => {
    const access = c.env.PREDICT_ACCESS ?? 'open';
    if (access === 'token') authorise(c, 'predict');
    else if (access !== 'open') throw new HttpError(503, `PREDICT_ACCESS: expected open or token, got ${access}`);
    await next();
  });
}

/** Finds out whose token was presented, if it is anybody's; refuses nobody. */
export function identify(): MiddlewareHandler<AppEnv> {
  return createMiddleware(async (c, next) => {
    const presented = presentedToken(c);
    if (presented !== undefined && c.env.TOKENS) {
      const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(presented)));
      // All are compared, each in constant time: how long it takes says nothing.
      const [token] = parseTokens(c.env.TOKENS).filter((known) => crypto.subtle.timingSafeEqual(known.hash, hash));
      if (token !== undefined) c.set('token', token);
    }
    await next();
  });
}

function authorise(c: Context<AppEnv>, scope: Scope): void {
  if (parseTokens(c.env.TOKENS ?? '').length === 0) {
    const how = 'make one with `edge-mlp token`, then `wrangler secret put TOKENS`';
    throw new HttpError(503, `this service has no tokens yet, so nothing can be changed: ${how}`);
  }
  if (presentedToken(c) === undefined) throw unauthorised('expected Authorization: Bearer TOKEN, got none');
  const token = c.get('token');
  if (token === undefined) throw unauthorised('the token is not known');
  if (token.scopes.includes(scope) || token.scopes.includes('admin')) return;
  throw new HttpError(
    403,
    `expected a token with the scope ${scope}, got ${token.name} with ${token.scopes.join(', ')}`,
  );
}

function presentedToken(c: Context<AppEnv>): string | undefined {
  return /^Bearer +(\S+)$/i.exec(c.req.header('authorization') ?? '')?.[1];
}

function unauthorised(message: string): HttpError {
  return new HttpError(401, message, { 'www-authenticate': 'Bearer' });
}

function isScope(name: string): name is Scope {
  return SCOPES.some((scope) => scope === name);
}
