/** Options of training: each reaches the library, under its own name. */
import { writeFileSync } from 'node:fs';
import type { IncomingHttpHeaders } from 'node:http';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { weightsSha256 } from '../../cli/hash.ts';
import { csvDataset } from '../../src/data/csv.ts';
import { generatedSets } from '../../src/data/generated.ts';
import { trainingParts } from '../../src/data/index.ts';
import { countValidation } from '../../src/data/parts.ts';
import { completeOptions, Mlp, readDataKind, type TrainingOptions, train } from '../../src/index.ts';
import { edgeMlp, temporaryFolder } from '../support/cli.ts';
import { serve } from '../support/http.ts';
import { loadBuild } from '../support/kernels.ts';

/** Each other than its default, with what the option of the library is. */
const OPTIONS: [flags: string[], options: Partial<TrainingOptions>][] = [
  [['--batch-size', '4'], { batchSize: 4 }],
  [['--learning-rate', '0.02'], { learningRate: 0.02 }],
  [['--momentum', '0.5', '--nesterov'], { momentum: 0.5, nesterov: true }],
  [['--weight-decay', '0.001'], { weightDecay: 0.001 }],
  [['--dropout', '0.2'], { dropout: 0.2 }],
  [['--clip-norm', '0.5'], { clipNorm: 0.5 }],
  [
    ['--schedule', 'step', '--step-epochs', '1', '--gamma', '0.5'],
    { schedule: { kind: 'step', every: 1, gamma: 0.5 } },
  ],
  [['--warmup-epochs', '1'], { warmupEpochs: 1 }],
  [
    [
      ...['--augment', 'elastic', '--elastic-alpha', '10', '--elastic-sigma', '4', '--augment-shift', '2'],
      ...['--augment-rotation', '3', '--augment-scale', '0.05', '--augment-shear', '0.02'],
    ],
    { augment: { kind: 'elastic', alpha: 10, sigma: 4, shift: 2, rotation: 3, scale: 0.05, shear: 0.02 } },
  ],
];

const ADAM: typeof OPTIONS = [
  [
    ['--optimizer', 'adamw', '--beta1', '0.8', '--beta2', '0.99', '--epsilon', '1e-6'],
    { optimizer: { kind: 'adamw', beta1: 0.8, beta2: 0.99, epsilon: 1e-6 } },
  ],
  [['--clip-norm', '0.5', '--batch-size', '4'], { clipNorm: 0.5, batchSize: 4 }],
];

describe('train', () => {
  it.each([
    { name: 'SGD', list: OPTIONS },
    { name: 'AdamW', list: ADAM },
  ])('has every option of the library, and trains the same weights: $name', async ({ list }) => {
    const given: Partial<TrainingOptions> = {
      epochs: 3,
      seed: 3,
      ...Object.assign({}, ...list.map(([, options]) => options)),
    };
    const flags = ['--epochs', '3', '--seed', '3', ...list.flatMap(([flag]) => flag)];
    const network = ['--data', 'digits', '--hidden', '8,7', '--activation', 'tanh,gelu', '--init', 'he'];
    const { code, stdout, stderr } = await edgeMlp(['train', ...network, ...flags, '--json'], {
      cwd: temporaryFolder(),
    });
    expect({ code, stderr: stderr.match(/error.*/)?.[0] }).toEqual({ code: 0, stderr: undefined });

    const { training: digits } = generatedSets('digits', 3);
    const { training } = trainingParts(digits, {
      validation: countValidation(digits.labels.length),
      seed: 3,
      shuffledSplit: false,
    });
    const spec = {
      layers: [784, 8, 7, 10],
      hiddenActivation: ['tanh', 'gelu'],
      initialisation: 'he',
      seed: 3,
    } as const;
    const mlp = Mlp.create(loadBuild(), spec);
    for (const _ of train(mlp, training, given));
    expect(JSON.parse(stdout).weightsSha256).toBe(weightsSha256(mlp.parameters()));
  });

  it('does not scale features with --scaling none', async () => {
    const folder = temporaryFolder();
    const csv = `x,y,kind\n${Array.from({ length: 40 }, (_, n) => `${n % 7},${(n * 3) % 5},${n % 2 ? 'a' : 'b'}`).join('\n')}\n`;
    writeFileSync(join(folder, 'points.csv'), csv);
    const hashes: string[] = [];
    for (const scaling of ['none', 'standard'] as const) {
      const args = ['train', '--data', 'points.csv', '--hidden', '4', '--epochs', '2', '--scaling', scaling, '--json'];
      const { stdout } = await edgeMlp(args, { cwd: folder });
      const dataset = csvDataset(csv, { name: 'points.csv' });
      const { training } = trainingParts(dataset, { validation: 4, seed: 1, shuffledSplit: true, scaling });
      const mlp = Mlp.create(loadBuild(), { layers: [2, 4, 2], seed: 1 });
      for (const _ of train(mlp, training, completeOptions({ epochs: 2 }, readDataKind(training))));
      hashes.push(weightsSha256(mlp.parameters()));
      expect(JSON.parse(stdout).weightsSha256).toBe(hashes.at(-1));
    }
    expect(new Set(hashes).size).toBe(2);
  });
});

describe('commands that use a service', () => {
  it('send --token as a bearer token and --key as an idempotency key', async () => {
    const seen: IncomingHttpHeaders[] = [];
    const url = await serve((request, response) => {
      seen.push(request.headers);
      response.writeHead(403, { 'content-type': 'application/json' }).end('{"error":"the service refused"}');
    });
    const remote = ['--remote', url, '--token', 'my-token'];
    const commands = [
      ['jobs', 'start', '--data', 'ellipse', '--key', 'once'],
      ['jobs', 'list'],
      ...['watch', 'cancel', 'resume', 'fetch'].map((command) => ['jobs', command, 'some-id']),
      ['sweeps', 'list'],
      ['sweeps', 'cancel', 'some-id'],
      ['sweep', '--data', 'digits', '--learning-rate', '0.1'],
    ];
    const results = await Promise.all(
      commands.map((command) => edgeMlp([...command, ...remote], { cwd: temporaryFolder() })),
    );
    for (const [n, { code, stderr }] of results.entries()) {
      expect({ command: commands[n], code, stderr }).toMatchObject({
        code: 1,
        stderr: expect.stringContaining('the service refused'),
      });
    }
    expect(seen.length).toBeGreaterThanOrEqual(commands.length);
    expect(new Set(seen.map(({ authorization }) => authorization))).toEqual(new Set(['Bearer my-token']));
    expect(seen.filter((headers) => headers['idempotency-key'] === 'once')).toHaveLength(1);
  });
});

describe('data fetch', () => {
  it('tries the mirrors of --mirror in order', async () => {
    const paths: string[] = [];
    const url = await serve((request, response) => {
      paths.push(request.url ?? '');
      response.writeHead(404).end();
    });
    const folder = temporaryFolder();
    const args = ['data', 'fetch', 'kmnist', '--data-dir', folder, '--mirror', `${url}/a/`, `${url}/b/`];
    const { code, stderr } = await edgeMlp(args, { cwd: folder });
    expect({ code, stderr }).toMatchObject({ code: 1, stderr: expect.stringContaining('404') });
    expect(paths).toEqual(['/a/train-images-idx3-ubyte.gz', '/b/train-images-idx3-ubyte.gz']);
  });
});
