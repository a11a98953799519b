/**
 * The parts of zod that schemas use. wrangler.toml replaces the package by this file: @hono/zod-openapi exports the whole
 * namespace, which has messages in 64 languages, a third of the Worker.
 */
import {
  array,
  boolean,
  coerce,
  config,
  discriminatedUnion,
  int,
  literal,
  number,
  object,
  record,
  strictObject,
  string,
  union,
  unknown,
  ZodError,
  ZodType,
  enum as zodEnum,
  null as zodNull,
} from 'zod/v4';

export const z = {
  array,
  boolean,
  coerce,
  config,
  discriminatedUnion,
  enum: zodEnum,
  int,
  literal,
  null: zodNull,
  number,
  object,
  record,
  strictObject,
  string,
  union,
  unknown,
  ZodError,
  ZodType,
};
