/** What is known of a learner. */
import type { z } from '@hono/zod-openapi';
import type { LearnerSchema } from '../../src/api/index.ts';
import type { LearnerSpec } from './spec.ts';

/** What clients are told. */
export type LearnerInfo = z.infer<typeof LearnerSchema>;

export interface LearnerRecord {
  readonly id: string;
  readonly spec: LearnerSpec;
  /** The model that it was forked from. */
  readonly model: string;
  readonly version: number;
  /** That it has learnt from, and not undone. */
  readonly examples: number;
  /** Kept samples of the base data, against forgetting. */
  readonly rehearsal: { readonly data: string; readonly samples: number; readonly kind: 'bytes' | 'floats' } | null;
  /** ISO 8601. */
  readonly created: string;
  readonly updated: string;
  /** When it was last asked or taught something, to a day. */
  readonly used: string;
}

export interface Example {
  /** As the network sees them. */
  readonly inputs: Float32Array;
  readonly label: number;
}
