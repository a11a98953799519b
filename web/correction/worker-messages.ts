/** Messages between the page and the worker that learns corrections. The worker answers each task with one reply. */
import type { Correction } from '../../src/core/corrections.ts';
import type { ErrorCode } from '../../src/core/errors.ts';
import type { Parameters } from '../../src/core/parameters.ts';
import type { ModelInfo } from '../../src/format/metadata.ts';
import type { Retention } from './corrected-network.ts';

export type Task =
  /** The first task: learns the kept corrections again. */
  | {
      readonly type: 'open';
      readonly info: ModelInfo;
      readonly parameters: Parameters;
      readonly corrections: readonly Correction[];
    }
  | { readonly type: 'learn'; readonly correction: Correction }
  | { readonly type: 'undo' };

/** The network after a task. */
export interface Learned {
  readonly parameters: Parameters;
  readonly retention: Retention | undefined;
}

export type Reply =
  | ({ readonly type: 'learned' } & Learned)
  | { readonly type: 'failed'; readonly code: ErrorCode | 'internal'; readonly message: string };
