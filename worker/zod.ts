/**
 * The parts of zod that schemas use. wrangler.toml replaces the package by this file: @hono/zod-openapi exports the whole
 * namespace, which has messages in 64 languages, a third of the Worker.
 */
export * as z from './zod-parts.ts';
