/** Without zod, so that the command needs no validation library. */

/** Permissions of a bearer token. `admin` includes the others. */
export const SCOPES = ['predict', 'train', 'admin'] as const;

export type Scope = (typeof SCOPES)[number];

export function isScope(name: string): name is Scope {
  return (SCOPES as readonly string[]).includes(name);
}
