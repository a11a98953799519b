/** The lists of `sweep`: options of one optimizer do not multiply the runs of another. */
import { Command } from 'commander';
import { expect, it } from 'vitest';
import { addGridOptions } from '../../cli/training-flags.ts';
import { assembleGrid, type TrainingLists } from '../../cli/training-options.ts';

const adam = (beta1: number) => ({ kind: 'adam', beta1 });

it.each<[string[], readonly unknown[]]>([
  [[], [undefined]],
  [
    ['--optimizer', 'sgd,adam'],
    [{ kind: 'sgd' }, { kind: 'adam' }],
  ],
  [
    ['--optimizer', 'sgd,adam', '--beta1', '0.8,0.9'],
    [{ kind: 'sgd' }, adam(0.8), adam(0.9)],
  ],
  // The library refuses the field.
  [['--optimizer', 'sgd', '--beta1', '0.8'], [{ kind: 'sgd', beta1: 0.8 }]],
  [['--beta1', '0.8'], [{ kind: 'sgd', beta1: 0.8 }]],
])('%j', (flags, expected) => {
  const lists = addGridOptions(new Command()).parse(flags, { from: 'user' }).opts<TrainingLists>();
  expect(assembleGrid(lists)).toMatchObject({ optimizer: expected, clipNorm: [0], learningRate: [undefined] });
});
