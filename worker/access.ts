/** Access: bearer tokens with scopes, stored as SHA-256 hashes in the secret TOKENS, and rate limits. */
import type { Context } from 'hono';
import { createMiddleware } from 'hono/factory';
import { matchedRoutes } from 'hono/route';
import { isScope } from '../src/api/scopes.ts';
import type { AppEnv, Token } from './env.ts';
import { HttpError } from './errors.ts';
import type { Caller, Identity } from './owners.ts';
import { RULES, type Rule, readAccess } from './policy.ts';

/** Period of the rate limits, as in wrangler.toml. */
const PERIOD_SECONDS = 60;

/**
 * Entries `name:scope+scope:sha256`, separated by white space or commas. Throws 503 for any other entry: ignoring a
 * mistake in the secret would silently revoke or grant access.
 */
function parseTokens(secret: string): Token[] {
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

/** Enforces the policy of the route, and the rate limits. Throws 401, 403, 429 or 503. */
export const enforcePolicy = createMiddleware<AppEnv>(async (c, next) => {
  await limitRate(c, 'REQUEST_LIMIT');
  const rule = findRule(c);
  if (rule !== undefined && (!rule.ifClosed || isClosed(c))) authorise(c, rule);
  if (rule?.isChange) await limitRate(c, 'CHANGE_LIMIT');
  await next();
});

/** Who sends the request, for what belongs to a token. Throws 503. */
export function getCaller(c: Context<AppEnv>): Caller {
  const token = c.get('token');
  const identity = token === undefined ? null : { name: token.name, isAdmin: token.scopes.includes('admin') };
  return { identity, isClosed: isClosed(c) };
}

/** The token of a request whose route requires one. */
export function getIdentity(c: Context<AppEnv>): Identity {
  const { identity } = getCaller(c);
  if (identity === null) throw new Error(`${c.req.path}: expected a policy that requires a token`);
  return identity;
}

/** The rule of the matched route; undefined for unknown paths and methods. */
function findRule(c: Context<AppEnv>): Rule | undefined {
  const method = c.req.method === 'HEAD' ? 'GET' : c.req.method;
  const route = matchedRoutes(c).find((matched) => matched.method === method);
  if (route === undefined) return undefined;
  const key = `${method} ${route.path}`;
  const known = routeRules.get(key);
  if (known !== undefined) return known;
  const path = route.path.replace(/:(\w+)/g, '{$1}').replace(/(.)\/$/, '$1');
  const rule = RULES[readAccess(method, path)];
  routeRules.set(key, rule);
  return rule;
}

/** Rules by method and path of the router: every request needs one. */
const routeRules = new Map<string, Rule>();

/** Whether reading and predicting need a token. Throws 503: a typo must not open the service. */
function isClosed(c: Context<AppEnv>): boolean {
  const access = c.env.PREDICT_ACCESS ?? 'open';
  if (access === 'open' || access === 'token') return access === 'token';
  throw new HttpError(503, `PREDICT_ACCESS: expected open or token, got ${access}`);
}

/**
 * Counts a request of a token, or of an address without a known token. Health checks are exempt, because a refusal
 * would look like an outage. Without the binding there is no limit. Throws 429.
 */
async function limitRate(c: Context<AppEnv>, name: 'REQUEST_LIMIT' | 'CHANGE_LIMIT'): Promise<void> {
  const limiter = c.env[name];
  if (limiter === undefined || c.req.path.startsWith('/v2/health/')) return;
  const token = c.get('token');
  const address = c.req.header('cf-connecting-ip') ?? 'unknown';
  const key = token ? `token ${token.name}` : `address ${address}`;
  // A limit that cannot be reached refuses nothing.
  const { success } = await limiter.limit({ key }).catch((error: unknown) => {
    console.error(error);
    return { success: true };
  });
  if (success) return;
  const message = `too many requests: try again in ${PERIOD_SECONDS} seconds`;
  throw new HttpError(429, message, { 'retry-after': String(PERIOD_SECONDS) });
}

function authorise(c: Context<AppEnv>, { scopes }: Rule): void {
  if (scopes.length === 0) return;
  if (parseTokens(c.env.TOKENS ?? '').length === 0) {
    const step = 'create one with `edge-mlp token`, then run `wrangler secret put TOKENS`';
    const local = 'On your machine, start the service with `npm run dev`, which creates one';
    throw new HttpError(503, `this request needs a token, but this service has no tokens: ${step}. ${local}`);
  }
  if (readToken(c) === undefined) throw createTokenError(c, 'expected Authorization: Bearer TOKEN, got none');
  const token = c.get('token');
  if (token === undefined) throw createTokenError(c, 'unknown token');
  if (token.scopes.some((scope) => scope === 'admin' || scopes.includes(scope))) return;
  const got = `${token.name} with ${token.scopes.join(', ')}`;
  throw new HttpError(403, `expected a token with the scope ${scopes.join(' or ')}, got ${got}`);
}

function readToken(c: Context<AppEnv>): string | undefined {
  return /^Bearer +(\S+)$/i.exec(c.req.header('authorization') ?? '')?.[1];
}

function createTokenError(c: Context<AppEnv>, message: string): HttpError {
  const isLocal = c.env.EDGE_MLP_TOKEN !== undefined;
  const step = isLocal ? ': open the link that `npm run dev` prints, or run `source .dev.vars`' : '';
  return new HttpError(401, message + step, { 'www-authenticate': 'Bearer' });
}
