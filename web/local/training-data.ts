/** The samples of a run in this browser, bit-identical to those of the command and of the service. */
import { type Dataset, sampleCount } from '../../src/core/dataset.ts';
import { EdgeMlpError } from '../../src/core/errors.ts';
import { splitTail } from '../../src/core/split.ts';
import { generatedPart, isGenerated } from '../../src/data/generated.ts';
import { countValidation, trainingParts } from '../../src/data/parts.ts';
import type { LocalRun } from './local-run.ts';
import { readTable } from './read-table.ts';
import type { StoredTable } from './table-choice.ts';

export interface TrainingData {
  readonly training: Dataset;
  /** Undefined for less than ten samples. */
  readonly validation: Dataset | undefined;
}

/** `pause` lets the worker receive messages. Throws EdgeMlpError "bad-data" or "data-missing". */
export async function loadTrainingData(
  { job, table: choice }: LocalRun,
  table: StoredTable | undefined,
  pause: () => Promise<void>,
): Promise<TrainingData> {
  const { data, seed } = job.spec;
  if (isGenerated(data)) {
    const samples = generatedPart(data, seed, 'training');
    for (;;) {
      const { value, done } = samples.next();
      if (done) return holdOut(value);
      await pause();
    }
  }
  if (table === undefined || choice === undefined) {
    throw new EdgeMlpError('data-missing', `${data}: expected a table of this browser, got none: open the file again`);
  }
  const { dataset } = await readTable(table.file, choice);
  const validation = countValidation(sampleCount(dataset));
  return trainingParts(dataset, { validation, seed, shuffledSplit: true });
}

function holdOut(samples: Dataset): TrainingData {
  const { training, validation } = splitTail(samples, countValidation(sampleCount(samples)));
  return { training, validation };
}
