import { z } from './zod.ts';

export const Version = z
  .object({
    version: z.int(),
    sha256: z.string(),
    bytes: z.int(),
    layers: z.array(z.int()),
    hiddenActivation: z.string(),
    testAccuracy: z.number().nullable(),
    created: z.string().openapi({ description: 'ISO 8601; empty for the bundled model' }),
  })
  .openapi('Version');

export const Model = z
  .object({
    name: z.string(),
    versions: z.array(Version),
    aliases: z.record(z.string(), z.int()),
    served: z.int().openapi({ description: 'The version that stable means' }),
  })
  .openapi('Model');

export const ModelList = z.object({ models: z.array(z.string()) }).openapi('ModelList');

export const AliasBody = z.object({ version: z.int().min(0) }).openapi('AliasRequest');

export const Alias = z
  .object({ name: z.string(), alias: z.string(), version: z.int(), effectiveWithinSeconds: z.int() })
  .openapi('Alias');
