/** Owners: what a token creates belongs to the name of that token. */
import { HttpError } from './errors.ts';

/** A token without its secret. Tokens with the same name are the same owner. */
export interface Identity {
  readonly name: string;
  readonly isAdmin: boolean;
}

/** The sender of a request. */
export interface Caller {
  /** Null without a known token. */
  readonly identity: Identity | null;
  /** Whether the service is closed: then tokens see only what they own. */
  readonly isClosed: boolean;
}

/** For calls of the service, after the route has checked the caller. Tokens have names of at least one character. */
export const SERVICE: Caller = { identity: { name: '', isAdmin: true }, isClosed: false };

export function isService({ identity }: Caller): boolean {
  return identity?.name === '';
}

/** Throws `unknown`, status 404, for what the caller must not see. */
export function checkVisible({ identity, isClosed }: Caller, owner: string, unknown: HttpError): void {
  if (isClosed && !owns(identity, owner)) throw unknown;
}

/** Throws `unknown`, status 404, for what the caller must not see, and 403 for what it may only read. */
export function checkOwner(caller: Caller, owner: string, subject: string, unknown: HttpError): void {
  checkVisible(caller, owner, unknown);
  if (!owns(caller.identity, owner)) throw createOwnerError(subject);
}

export function owns(identity: Identity | null, owner: string): boolean {
  return identity !== null && (identity.isAdmin || identity.name === owner);
}

/** Does not name the other token. */
export function createOwnerError(subject: string): HttpError {
  return new HttpError(
    403,
    `${subject} belongs to another token: expected the token that created it, or the scope admin`,
  );
}
