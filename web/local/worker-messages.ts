/** Messages between the page and its training worker. A worker does one task, and is then terminated. */
import type { EpochMetrics, Job, JobProgress } from '../../src/client/index.ts';
import type { ErrorCode } from '../../src/core/errors.ts';
import type { AnyEvaluation } from '../../src/core/measures.ts';
import type { Parameters } from '../../src/core/parameters.ts';
import type { ModelInfo } from '../../src/format/metadata.ts';
import type { LocalRun } from './local-run.ts';
import type { TablePlan, TableProblem } from './read-table.ts';
import type { StoredTable, TableChoice } from './table-choice.ts';

export type Task =
  /** Trains the run from its checkpoint, if one is kept. */
  | { readonly type: 'train'; readonly run: LocalRun; readonly table: StoredTable | undefined }
  /** Ends the training after the current slice. Its checkpoint is kept. */
  | { readonly type: 'stop' }
  | { readonly type: 'plan'; readonly file: File; readonly choice: TableChoice };

export type Report =
  | TrainingReport
  | { readonly type: 'plan'; readonly plan: TablePlan | TableProblem }
  | { readonly type: 'failed'; readonly code: ErrorCode | 'internal'; readonly message: string };

/** A network of two inputs and its training samples, for a picture of its decisions. */
export interface PlaneData {
  readonly info: ModelInfo;
  /** In the units of the network: inputs `[samples][2]`, and classes. */
  readonly points: { readonly inputs: Float32Array; readonly labels: ArrayLike<number> } | undefined;
}

export type TrainingReport =
  /** Before the first step, if the network has two inputs. */
  | { readonly type: 'opened'; readonly plane: PlaneData }
  | {
      readonly type: 'progress';
      readonly progress: JobProgress;
      /** Epochs that ended since the last report. */
      readonly ended: readonly EpochMetrics[];
      /** Milliseconds of training since the last report. */
      readonly computeMs: number;
      /** Weights of a small network, for its pictures while it trains. */
      readonly parameters?: Parameters;
    }
  /** A checkpoint was kept. */
  | { readonly type: 'kept' }
  | { readonly type: 'stopped' }
  | {
      readonly type: 'finished';
      readonly weightsSha256: string;
      readonly validation:
        | NonNullable<Extract<Job['state'], { status: 'succeeded' }>['result']['validation']>
        | undefined;
      readonly evaluation: AnyEvaluation | undefined;
      readonly classes: readonly string[];
    };
