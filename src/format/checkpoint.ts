/** The metadata of a checkpoint: the options of the run and its place in the data. The weights are tensors of the file. */
import { type Checkpoint, type CheckpointPlace, checkPlace } from '../core/checkpoint.ts';
import {
  checkTrainingOptions,
  TRAINING_OPTION_NAMES,
  type TrainingOptions,
  type TrainingOptionsInput,
} from '../core/training-options.ts';
import type { Field } from './fields.ts';
import { readDataset, readEpoch } from './metadata.ts';

export function readPlace(field: Field): CheckpointPlace {
  const place = {
    options: readTrainingOptions(field.at('options')),
    dataset: readDataset(field.at('dataset')),
    epoch: field.at('epoch').count(),
    step: field.at('step').count(),
    cursor: field.at('cursor').count(),
    lossSum: field.at('lossSum').number('a number of at least 0', (value) => value >= 0),
    correct: field.at('correct').count(),
    history: field.at('history').list().map(readEpoch),
  };
  checkPlace(place);
  return place;
}

export function pickPlace({
  options,
  dataset,
  epoch,
  step,
  cursor,
  lossSum,
  correct,
  history,
}: Checkpoint): CheckpointPlace {
  return { options, dataset, epoch, step, cursor, lossSum, correct, history };
}

function readTrainingOptions(field: Field): TrainingOptions {
  // Absent options take their defaults, except for these.
  for (const name of ['epochs', 'learningRate', 'batchSize', 'momentum', 'weightDecay', 'seed'])
    field.at(name).number();
  return checkTrainingOptions(
    Object.fromEntries(TRAINING_OPTION_NAMES.map((name) => [name, field.at(name).value])) as TrainingOptionsInput,
  );
}
