/** Augmentation, schedules, recipes and early stopping on the command line. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { decode } from 'fast-png';
import { describe, expect, it } from 'vitest';
import { parseModel } from '../../src/format/index.ts';
import { DIGITS, edgeMlp, temporaryFolder } from '../support/cli.ts';

const AUGMENTED = [
  ...DIGITS,
  '--augment',
  'elastic',
  '--schedule',
  'exponential',
  '--gamma',
  '0.5',
  '--average-epochs',
  '1',
];

describe('train', () => {
  it('prints augmentation, schedule and averaging, and records them in the model', async () => {
    const cwd = temporaryFolder();
    const { code, stderr } = await edgeMlp(['train', ...AUGMENTED], { cwd });
    expect(code).toBe(0);
    expect(stderr).toContain('learning rate 0.03 × 0.5 every epoch');
    expect(stderr).toContain('elastic augmentation, mean weights of the last 1 epoch');
    const { info } = parseModel(readFileSync(join(cwd, 'model.safetensors')), 'model');
    expect(info.provenance?.training).toMatchObject({
      augment: { kind: 'elastic', alpha: 24 },
      schedule: { kind: 'exponential', gamma: 0.5 },
      averageEpochs: 1,
    });
  });

  it('reads a recipe, which typed options override', async () => {
    const cwd = temporaryFolder();
    const recipe = {
      data: 'digits',
      hidden: [20],
      epochs: 3,
      augment: { kind: 'elastic' },
      schedule: { kind: 'exponential', gamma: 0.5 },
      averageEpochs: 1,
      optimizer: { kind: 'adam', beta1: 0.8 },
    };
    writeFileSync(join(cwd, 'recipe.json'), JSON.stringify(recipe));
    const adam = ['--optimizer', 'adam', '--beta1', '0.8'];
    const runs = [
      ['--recipe', 'recipe.json', '--epochs', '1'],
      [...AUGMENTED, ...adam],
      ['--recipe', 'recipe.json'],
    ];
    const hashes: string[] = [];
    for (const args of runs) {
      const { stdout } = await edgeMlp(['train', ...args, '--json'], { cwd });
      hashes.push(JSON.parse(stdout).weightsSha256);
    }
    expect(hashes[0]).toBe(hashes[1]);
    expect(hashes[2]).not.toBe(hashes[1]);
  });

  it.each([
    ['{"epoch": 3}', 'recipe.json: expected options of edge-mlp train, got epoch'],
    ['{"epochs": -3}', 'recipe.json: epochs: expected a whole number of at least 1, got -3.'],
    ['{"final": "yes"}', 'recipe.json: final: expected true or false, got yes'],
    ['[3]', 'recipe.json: expected an object of options'],
    ['{', 'recipe.json: expected JSON, got:'],
    [
      '{"schedule": "exponential", "epochs": 3}',
      'recipe.json: schedule: expected an object such as {"kind": "exponential", "gamma": 0.1}, got "exponential"',
    ],
    [
      '{"augment": {"kind": "shift", "sigma": 3}}',
      'recipe.json: augment: expected the fields kind, shift for the kind "shift", got sigma',
    ],
    ['{"gamma": 0.9}', 'recipe.json: expected "gamma" in the object "schedule", got the option gamma'],
    ['{"elasticAlpha": 9}', 'recipe.json: expected "alpha" in the object "augment", got the option elasticAlpha'],
  ])('refuses the recipe %s', async (text, message) => {
    const cwd = temporaryFolder();
    writeFileSync(join(cwd, 'recipe.json'), text);
    const { code, stderr } = await edgeMlp(['train', '--recipe', 'recipe.json'], { cwd });
    expect(code).toBe(1);
    expect(stderr).toContain(message);
  });

  it('ends with the weights of the best epoch after early stopping', async () => {
    const cwd = temporaryFolder();
    const args = [
      'train',
      '--data',
      'ellipse',
      '--epochs',
      '200',
      '--learning-rate',
      '0.5',
      '--patience',
      '2',
      '--json',
    ];
    const { code, stdout, stderr } = await edgeMlp(args, { cwd });
    expect(code).toBe(0);
    const accuracies: number[] = JSON.parse(stdout).epochs.map(
      (epoch: { validationAccuracy: number }) => epoch.validationAccuracy,
    );
    expect(accuracies.length).toBeLessThan(200);
    expect(stderr).toContain(
      `best     epoch ${accuracies.length - 2} of ${accuracies.length}, with the highest validation accuracy`,
    );
    expect(accuracies.at(-3)).toBe(Math.max(...accuracies));
  });

  it.each([
    [['--data', 'ellipse', '--augment', 'shift'], 'augment: expected images whose pixels are bytes'],
    [[...DIGITS, '--augment', 'rotate'], 'expected one of none, shift, affine, elastic, got rotate.'],
    [[...DIGITS, '--final', '--patience', '2'], 'patience: expected a validation set'],
  ])('refuses %j', async (args, message) => {
    const { code, stderr } = await edgeMlp(['train', ...args], { cwd: temporaryFolder() });
    expect(code).not.toBe(0);
    expect(stderr).toContain(message);
  });
});

describe('data show', () => {
  it('draws samples and their distortions, reproducibly', async () => {
    const cwd = temporaryFolder();
    const args = [
      'data',
      'show',
      '--data',
      'digits',
      '--augment',
      'affine',
      '--samples',
      '3',
      '--sights',
      '4',
      '--out',
    ];
    for (const name of ['a.png', 'b.png']) expect((await edgeMlp([...args, name], { cwd })).code).toBe(0);
    const bytes = readFileSync(join(cwd, 'a.png'));
    expect(readFileSync(join(cwd, 'b.png'))).toEqual(bytes);
    const { width, height } = decode(bytes);
    expect([width, height]).toEqual([5 * 57 + 1, 3 * 57 + 1]);
  });

  it('refuses data that are not pictures', async () => {
    const { code, stderr } = await edgeMlp(['data', 'show', '--data', 'ellipse'], { cwd: temporaryFolder() });
    expect(code).toBe(2);
    expect(stderr).toContain('data show: expected a set of images, got ellipse');
  });
});

it('sweep --remote refuses options that jobs do not have', async () => {
  const args = ['sweep', '--remote', 'http://127.0.0.1:9', '--data', 'digits', '--augment', 'none,shift'];
  const { code, stderr } = await edgeMlp(args, { cwd: temporaryFolder() });
  expect(code).toBe(2);
  expect(stderr).toContain('--augment cannot be combined with --remote: jobs of a service do not have this option');
});
