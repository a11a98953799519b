/**
 * Every option on every surface: library, train, sweep, resume, model file, jobs and the page. An option has an effect or
 * is refused; none is ignored. test/worker/option-surfaces.test.ts has the service.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { weightsSha256 } from '../../cli/hash.ts';
import { createProgram } from '../../cli/program.ts';
import { JobRequest } from '../../src/api/jobs.ts';
import { SweepGrid } from '../../src/api/sweeps.ts';
import { errorMessage } from '../../src/core/errors.ts';
import { TRAINING_OPTION_NAMES } from '../../src/core/training-options.ts';
import { digitsDataset } from '../../src/data/index.ts';
import { formatModel, parseModel } from '../../src/format/model-file.ts';
import { type EpochProgress, Mlp, Random, splitTail, train } from '../../src/index.ts';
import { FIELDS } from '../../web/train/job-fields.ts';
import { edgeMlp } from '../support/cli.ts';
import { loadBuild } from '../support/kernels.ts';
import {
  type Group,
  NETWORK_OPTIONS,
  OPTION_NAMES,
  OPTION_ROWS,
  selectRows,
  splitValues,
} from '../support/option-surfaces.ts';

/** Options of `train` that say which samples are used and where files and results go; their own tests have them. */
const DATA_FLAGS =
  'data dataDir pictures label target task sampleWeight features ignore categories maxCategories missing header delimiter decimal encoding unknown scaling validation test final';
const FILE_FLAGS = 'threads widen recipe from out checkpoint resume report json';
/** Fields of a job besides the options of its training and its network. */
const JOB_FIELDS =
  'data scaling from dataSeed validation final record publish label target task sampleWeight features ignore';

const SAMPLES = 120;
const VALIDATION = 40;
const split = (text: string) => text.split(' ');

let folder = '';
const run = (...args: string[]) => edgeMlp(args, { cwd: folder, env: { EDGE_MLP_CACHE: join(folder, 'cache') } });

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'edge-mlp-test-'));
  const size = ['--samples', String(SAMPLES), '--test-samples', '10', '--seed', '7'];
  expect((await run('data', 'digits', '--out', 'digits', ...size)).code).toBe(0);
  const random = new Random(1, 'generation');
  const rows = Array.from({ length: SAMPLES }, () => [random.uniform(), random.uniform()]);
  const line = ([x = 0, y = 0]: number[]) => `${x},${y},${(2 * x - y + (x > 0.9 ? 30 : 0)).toFixed(4)}`;
  writeFileSync(join(folder, 'table.csv'), `x,y,price\n${rows.map(line).join('\n')}\n`);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const { training: TRAINING, validation: HELD } = splitTail(digitsDataset({ samples: SAMPLES, seed: 7 }), VALIDATION);

/** Trains with the rows of a group, without one of them if it is named. Calls `visit` after each epoch. */
function trainLibrary(group: Group, without?: string, visit: (progress: EpochProgress) => void = () => {}): string {
  const { network, training } = splitValues(selectRows(group, (_, name) => name !== without));
  const { hidden = [9, 8], activation = 'sigmoid', init = 'normal' } = network;
  const spec = { layers: [784, ...hidden, 10], hiddenActivation: activation, initialisation: init };
  const mlp = Mlp.create(loadBuild(), { ...spec, ...(training.seed === undefined ? {} : { seed: training.seed }) });
  for (const progress of train(mlp, TRAINING, { ...training, validation: HELD })) {
    if (progress.kind === 'epoch') visit(progress);
  }
  return weightsSha256(mlp.parameters());
}

/** The weights without an option, or the refusal of the options that need it. */
function trainWithout(group: Group, name: string): string {
  try {
    return trainLibrary(group, name);
  } catch (error) {
    return errorMessage(error);
  }
}

const listWords = (group: Group) => selectRows(group).flatMap(([, { words }]) => split(words));
const PICTURES = ['--data', './digits', '--validation', String(VALIDATION)];
const TABLE = ['--data', 'table.csv', '--target', 'price', '--validation', String(VALIDATION)];

describe('the table of options', () => {
  it('has every option of the library and of the network', () => {
    expect([...OPTION_NAMES].sort()).toEqual([...TRAINING_OPTION_NAMES, ...NETWORK_OPTIONS].sort());
  });

  it('has every option of train, except those of data and files', () => {
    const command = createProgram().commands.find((each) => each.name() === 'train');
    const words = OPTION_NAMES.flatMap((name) => split(OPTION_ROWS[name].words));
    const others = split(`${DATA_FLAGS} ${FILE_FLAGS}`);
    const missing = command?.options.filter(
      (option) => !words.includes(option.long ?? '') && !others.includes(option.attributeName()),
    );
    expect(missing?.map(({ long }) => long)).toEqual([]);
  });

  it('has every option of jobs, of sweeps of a service, and of the page', () => {
    const others = split(JOB_FIELDS);
    const isRow = (name: string) => OPTION_NAMES.some((option) => option === name);
    expect(Object.keys(JobRequest.shape).filter((name) => !isRow(name) && !others.includes(name))).toEqual([]);
    expect(Object.keys(SweepGrid.shape).filter((name) => !isRow(name) || !(name in JobRequest.shape))).toEqual([]);
    const jobs = OPTION_NAMES.filter((name) => name in JobRequest.shape && name !== 'seed');
    expect(jobs.filter((name) => !(name in SweepGrid.shape))).toEqual([]);
    expect(Object.keys(FIELDS).filter((name) => !isRow(name) && !others.includes(name))).toEqual([]);
  });
});

describe.each(['sgd', 'adam'] as const)('the options of group %s', (group) => {
  const rows = selectRows(group);
  const expected = trainLibrary(group);

  it.each(rows.map(([name]) => name))('%s changes the weights of the library', (name) => {
    expect(trainWithout(group, name)).not.toBe(expected);
  });

  it('give the same weights in train and sweep, and the model file has them', async () => {
    const trained = await run('train', ...PICTURES, ...listWords(group), '--json');
    expect(trained.stderr).not.toContain('error');
    expect(JSON.parse(trained.stdout).weightsSha256).toBe(expected);
    const { provenance, spec } = parseModel(readFileSync(join(folder, 'model.safetensors')), 'the model').info;
    const { network, training } = splitValues(rows);
    expect(provenance?.training).toMatchObject(training);
    expect(provenance?.initialisation).toBe(network.init);
    expect(spec).toEqual({ layers: [784, ...(network.hidden ?? []), 10], hiddenActivation: network.activation });

    const lists = rows.flatMap(([, { words, sweepWords = words }]) => split(sweepWords));
    const swept = await run('sweep', ...PICTURES, ...lists, '--json', '--out', `sweep-${group}`);
    expect(JSON.parse(swept.stdout).trials[0].runs[0].weightsSha256).toBe(expected);
  });

  it('continue after a resume, which refuses other values', async () => {
    const file = join(folder, `${group}.safetensors`);
    await run('train', ...PICTURES, ...listWords(group), '--checkpoint', file);
    // The checkpoint of the last epoch, with the state of the library after the second one.
    const stored = parseModel(readFileSync(file), 'the checkpoint');
    trainLibrary(group, undefined, ({ metrics, checkpoint: capture }) => {
      if (metrics.epoch !== 2) return;
      const checkpoint = { ...capture(), dataset: stored.checkpoint?.dataset ?? capture().dataset };
      writeFileSync(file, formatModel({ ...stored, parameters: checkpoint.parameters, checkpoint }));
    });
    const refusals = rows.map(async ([name, { otherWords }]) => {
      if (otherWords === undefined) return;
      const { code, stderr } = await run('train', '--resume', file, ...split(otherWords));
      expect({ name, code, stderr }).toEqual({ name, code: 1, stderr: expect.stringContaining('as in ') });
    });
    await Promise.all(refusals);
    const resumed = await run('train', '--resume', file, '--json');
    expect(JSON.parse(resumed.stdout).weightsSha256).toBe(expected);
  });
});

it('the loss of a regression changes its weights, is in the model file, and is refused for classes', async () => {
  const words = listWords('regression');
  const train = async (...more: string[]) => JSON.parse((await run('train', ...TABLE, ...more, '--json')).stdout);
  const given = await train(...words);
  const { provenance } = parseModel(readFileSync(join(folder, 'model.safetensors')), 'the model').info;
  expect(provenance?.training.loss).toBe('huber');
  const without = await train(...words.filter((word) => word !== '--loss' && word !== 'huber'));
  expect(given.weightsSha256).not.toBe(without.weightsSha256);
  const refused = await run('train', ...PICTURES, '--loss', 'huber');
  expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('loss') });
});

describe('jobs and the page', () => {
  it.each(OPTION_NAMES)('%s has its value in a job, or is refused', (name) => {
    const { value } = OPTION_ROWS[name];
    const parsed = JobRequest.safeParse({ [name]: value });
    if (name in JobRequest.shape) expect(parsed.data).toMatchObject({ [name]: value });
    else expect(parsed.error?.message).toContain(name);
  });

  it.each(Object.keys(FIELDS).filter((name) => name !== 'publish'))(
    '%s of the form has the value of the job',
    (name) => {
      const { value, pageText } = OPTION_ROWS[name as keyof typeof OPTION_ROWS];
      expect(pageText).toBeDefined();
      expect(FIELDS[name as keyof typeof FIELDS].parse(pageText ?? '')).toEqual({ value });
    },
  );
});
