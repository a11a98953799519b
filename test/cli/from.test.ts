/** Runs that continue from the weights of a model. */
import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { weightsSha256 } from '../../cli/hash.ts';
import { splitShuffled } from '../../src/core/split.ts';
import { csvDataset } from '../../src/data/csv.ts';
import { applyScaling } from '../../src/data/index.ts';
import { createMlp, type ModelFile, parseModel } from '../../src/format/index.ts';
import { completeOptions, readDataKind, train } from '../../src/index.ts';
import { edgeMlp, interruptAt } from '../support/cli.ts';
import { loadBuild } from '../support/kernels.ts';

const folder = mkdtempSync(join(tmpdir(), 'edge-mlp-test-'));
const rows = (count: number, kinds: readonly string[], shift: number) =>
  Array.from({ length: count }, (_, n) => {
    const kind = kinds[n % kinds.length] ?? '';
    const at = 3 * ['cold', 'mild', 'warm'].indexOf(kind);
    return `${at + shift + (n % 11) / 5},${2 * at - shift + (n % 7) / 4},${kind}`;
  });
const MORE = ['x,y,kind', ...rows(400, ['warm', 'cold'], 1)].join('\n');
const FROM = ['train', '--from', 'first.safetensors', '--data', 'more.csv', '--seed', '7', '--learning-rate', '0.2'];

function modelIn(name: string): ModelFile {
  return parseModel(new Uint8Array(readFileSync(join(folder, name))), name);
}

async function run(...args: string[]) {
  const result = await edgeMlp(args, { cwd: folder });
  expect(result.stderr + result.code).toMatch(/0$/);
  return result;
}

describe('train --from', () => {
  beforeAll(async () => {
    writeFileSync(join(folder, 'first.csv'), ['x,y,kind', ...rows(300, ['mild', 'warm', 'cold'], 0)].join('\n'));
    writeFileSync(join(folder, 'more.csv'), MORE);
    await run(...['train', '--data', 'first.csv', '--hidden', '6', '--epochs', '5', '--out', 'first.safetensors']);
  });

  afterAll(() => rmSync(folder, { recursive: true }));

  it('continues from the weights with the classes and the scaling of the model', async () => {
    const first = modelIn('first.safetensors');
    const { stdout, stderr } = await run(...FROM, '--epochs', '3', '--out', 'second.safetensors', '--json');
    expect(stderr).toContain(`from     weights with SHA-256 ${weightsSha256(first.parameters).slice(0, 12)}`);
    const dataset = csvDataset(MORE, { name: 'more.csv', classes: ['cold', 'mild', 'warm'] });
    const { training } = splitShuffled(dataset, 40, 7);
    using mlp = createMlp(loadBuild(), first);
    const options = completeOptions({ epochs: 3, seed: 7, learningRate: 0.2 }, readDataKind(training));
    for (const _ of train(mlp, applyScaling(training, first.info.scaling), options));
    expect(JSON.parse(stdout)).toMatchObject({
      weightsSha256: weightsSha256(mlp.parameters()),
      from: weightsSha256(first.parameters),
    });
    const { info } = modelIn('second.safetensors');
    expect(info).toMatchObject({
      classes: ['cold', 'mild', 'warm'],
      scaling: first.info.scaling,
      spec: first.info.spec,
    });
    const inspected = await run('inspect', 'second.safetensors');
    expect(inspected.stdout).toContain(`those of the model with weights SHA-256 ${weightsSha256(first.parameters)}`);
    expect((await run('evaluate', 'second.safetensors')).stdout).toContain('samples   400');
  });

  it('writes the same bytes after an interruption, without the first model', async () => {
    const whole = await run(...FROM, '--epochs', '400', '--out', 'whole.safetensors', '--json');
    const stopped = await edgeMlp([...FROM, '--epochs', '400', '--out', 'halves.safetensors'], {
      cwd: folder,
      onStderr: interruptAt(/^ +3 /m),
    });
    expect(stopped.code).toBe(130);
    const resume = ['train', '--resume', 'halves.checkpoint.safetensors', '--out', 'halves.safetensors', '--json'];
    renameSync(join(folder, 'first.safetensors'), join(folder, 'away.safetensors'));
    const resumed = await run(...resume);
    renameSync(join(folder, 'away.safetensors'), join(folder, 'first.safetensors'));
    expect(JSON.parse(resumed.stdout).weightsSha256).toBe(JSON.parse(whole.stdout).weightsSha256);
    expect(readFileSync(join(folder, 'halves.safetensors'))).toEqual(readFileSync(join(folder, 'whole.safetensors')));
  });

  it.each([
    [['--hidden', '9'], '--hidden cannot be combined with --from: the model file defines the layers'],
    [['--activation', 'relu'], '--activation cannot be combined with --from: the model file defines the activation'],
    [['--scaling', 'none'], '--scaling cannot be combined with --from: the model file defines the scaling'],
    [['--resume', 'c.safetensors'], '--resume cannot be combined with --from: a checkpoint has its own weights'],
    [['--data', 'digits'], 'digits: expected 2 inputs, the input size of the model, got 784'],
    [['--out', 'first.safetensors'], '--out and --from must be different files, got first.safetensors for both'],
    [['--from', 'none.safetensors'], 'cannot read none.safetensors: no such file or folder'],
    [['--data', 'other.csv'], 'other.csv: line 2: expected one of the labels cold, mild, warm, got "hot"'],
  ])('refuses %j', async (args, message) => {
    writeFileSync(join(folder, 'other.csv'), 'x,y,kind\n1,2,hot\n2,3,cold\n');
    const { code, stderr } = await edgeMlp([...FROM, ...args], { cwd: folder });
    expect([code === 0, stderr.replace(/^loading .*\n/, '')]).toEqual([false, `error: ${message}\n`]);
  });
});
