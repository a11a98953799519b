import { z } from './zod.ts';

/** The kernels compute in float32: what is beyond its numbers there would be infinite, or nothing. */
export const Positive32 = z.number().refine((value) => Math.fround(value) > 0 && Number.isFinite(Math.fround(value)), {
  error: ({ input }) => `expected a float32 above 0, got ${input}`,
});

export const NotNegative32 = z
  .number()
  .min(0)
  .refine((value) => Number.isFinite(Math.fround(value)), {
    error: ({ input }) => `expected a float32 of at least 0, got ${input}`,
  });

/** What is listed twice would count twice. */
export function distinct<Item extends z.ZodType>(item: Item, most: number) {
  return z
    .array(item)
    .min(1)
    .max(most)
    .refine((items) => new Set(items.map((value) => JSON.stringify(value))).size === items.length, {
      error: ({ input }) => `expected every value once, got ${JSON.stringify(input)}`,
    });
}
