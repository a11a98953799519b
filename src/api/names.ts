/** Names in paths and bodies, and the shape of every error. */
import { z } from './zod.ts';

export const NAME = /^[a-z0-9][a-z0-9._-]{0,63}$/i;

export const ErrorBody = z.object({ error: z.string() }).openapi('Error');

/** /v2/models/stats has a meaning of its own. */
const RESERVED = 'stats';

/** In a body. */
export const Name = z
  .string()
  .regex(NAME, 'expected a name of letters, digits, dots, underscores and hyphens, up to 64')
  .refine((name) => name !== RESERVED, `expected another name than ${RESERVED}`);

export const ModelName = Name.openapi({ param: { name: 'name', in: 'path' }, example: 'mnist' });

export const VersionNumber = z
  .string()
  .regex(/^\d{1,9}$/, 'expected a whole number')
  .openapi({ param: { name: 'version', in: 'path' }, example: '1' });

export const AliasName = z
  .string()
  .regex(/^[a-z][a-z0-9_-]{0,31}$/, 'expected a name of small letters, digits, underscores and hyphens, up to 32')
  .openapi({ param: { name: 'alias', in: 'path' }, example: 'stable' });
