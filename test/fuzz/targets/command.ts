/** Recipes of the command. */
import assert from 'node:assert/strict';
import type { Command } from 'commander';
import fc from 'fast-check';
import { createProgram } from '../../../cli/program.ts';
import { applyRecipe } from '../../../cli/recipe.ts';
import { OPTIMIZER_KINDS } from '../../../src/core/optimizers.ts';
import { AUGMENT_KINDS, SCHEDULE_KINDS } from '../../../src/core/training-options.ts';
import type { FuzzTarget } from '../fuzz.ts';
import { jsonBytes, MB, nearly } from '../values.ts';

function createTrainCommand(): Command {
  const command = createProgram().commands.find((each) => each.name() === 'train');
  assert(command !== undefined);
  return command.configureOutput({ writeErr: () => {} });
}

const recipes = fc.record(
  {
    epochs: fc.constantFrom(1, 100, '9', 1e15),
    learningRate: fc.constantFrom(0.1, '0.03', 1e-30),
    hidden: fc.constantFrom([300], [], [512, 256], Array(70).fill(4096)),
    activation: fc.constantFrom('relu', 'tanh'),
    schedule: fc.record({ kind: fc.constantFrom(...SCHEDULE_KINDS) }),
    augment: fc.record({ kind: fc.constantFrom(...AUGMENT_KINDS) }),
    optimizer: fc.oneof(fc.constantFrom(...OPTIMIZER_KINDS), fc.record({ kind: fc.constantFrom(...OPTIMIZER_KINDS) })),
    nesterov: fc.boolean(),
    final: fc.boolean(),
    validation: fc.constantFrom(10, 1),
    seed: fc.constantFrom(1, 2 ** 32 - 1),
    data: fc.constantFrom('digits', 'iris.csv'),
  },
  { requiredKeys: [] },
);

export const COMMAND_TARGETS: readonly FuzzTarget[] = [
  {
    name: 'recipe',
    seeds: [
      jsonBytes({ epochs: 9, learningRate: 0.1, hidden: [512, 256], schedule: { kind: 'step', gamma: 0.5, every: 2 } }),
      jsonBytes({ data: 'digits', augment: { kind: 'affine', shift: 1 }, nesterov: true, momentum: 0.9 }),
    ],
    inputs: nearly(recipes).map(jsonBytes),
    parse: (bytes) => {
      const command = createTrainCommand();
      applyRecipe(command, bytes, 'recipe.json');
      const { epochs, hidden } = command.opts();
      assert(epochs === undefined || (Number.isSafeInteger(epochs) && epochs >= 1));
      assert(hidden === undefined || hidden.every((size: number) => Number.isSafeInteger(size) && size >= 1));
    },
    memory: { perByte: 500, base: 2 * MB },
  },
];
