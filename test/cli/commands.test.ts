/** The other commands, as users run them. */
import { execFileSync } from 'node:child_process';
import {
  accessSync,
  constants,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { encode } from 'fast-png';
import { beforeAll, describe, expect, it } from 'vitest';
import { digitInputs, digitsDataset, formatIdx } from '../../src/data/index.ts';
import { edgeMlp } from '../support/cli.ts';
import { external, node, onnxFile, value } from '../support/onnx.ts';

it('the built command can be executed, as npx does', () => {
  expect(() => accessSync(new URL('../../dist/cli/main.js', import.meta.url), constants.X_OK)).not.toThrow();
});

describe('predict, inspect, data, gradcheck', () => {
  let folder = '';
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'edge-mlp-test-'));
    const result = await edgeMlp(
      ['train', '--data', 'digits', '--hidden', '40', '--epochs', '4', '--learning-rate', '0.1', '--final'],
      { cwd: folder },
    );
    expect(result.code).toBe(0);
  });

  const drawn = digitsDataset({ samples: 9, seed: 77 }).inputs.slice(8 * 784);
  // Centred, so that its picture has the same inputs.
  const eight = digitInputs({ width: 28, height: 28, pixels: Uint8Array.from(drawn) }, 'an eight');
  const readClasses = (stdout: string) =>
    JSON.parse(stdout).predictions.map((answer: { class: string }) => answer.class);

  it('a picture, numbers, rows of numbers, an IDX file, standard input: the same answer', async () => {
    writeFileSync(join(folder, '8.png'), encode({ width: 28, height: 28, data: eight, channels: 1 }));
    writeFileSync(join(folder, 'flat.json'), JSON.stringify([...eight]));
    const rows = Array.from({ length: 28 }, (_, y) => [...eight.subarray(28 * y, 28 * y + 28)]);
    writeFileSync(
      join(folder, 'rows.json'),
      JSON.stringify({ pixels: rows.map((row) => row.map((value) => value / 255)), scale: 1 }),
    );
    writeFileSync(
      join(folder, 'two.idx.gz'),
      gzipSync(formatIdx({ shape: [2, 28, 28], data: Uint8Array.from([...eight, ...eight]) })),
    );
    const result = await edgeMlp(
      ['predict', 'model.safetensors', '8.png', 'flat.json', 'rows.json', 'two.idx.gz', '--json'],
      { cwd: folder },
    );
    const { predictions } = JSON.parse(result.stdout);
    expect(predictions.map((answer: { class: string }) => answer.class)).toEqual(['8', '8', '8', '8', '8']);
    for (const answer of predictions) expect(answer.probabilities).toEqual(predictions[0].probabilities);
    const piped = await edgeMlp(['predict', 'model.safetensors', '-', '--json'], {
      cwd: folder,
      input: readFileSync(join(folder, '8.png')),
    });
    expect(readClasses(piped.stdout)).toEqual(['8']);
    const text = await edgeMlp(['predict', 'model.safetensors', '8.png', 'two.idx.gz'], { cwd: folder });
    expect(text.stdout).toMatch(/8\.png +8 +\d/);
    expect(text.stdout).toContain('two.idx.gz #1');
  });

  it('export --quantize int8: a quarter of the size, and the figures that evaluate finds in the file', async () => {
    const run = (...args: string[]) => edgeMlp(args, { cwd: folder });
    const exported = await run(
      'export',
      'model.safetensors',
      '--quantize',
      'int8',
      '--out',
      'small.safetensors',
      '--json',
    );
    const { bytes, bytesBefore, measured } = JSON.parse(exported.stdout);
    expect(bytes).toBe(readFileSync(join(folder, 'small.safetensors')).length);
    expect(bytesBefore).toBe(readFileSync(join(folder, 'model.safetensors')).length);
    expect(bytes / bytesBefore).toBeLessThan(0.28);
    expect(measured).toMatchObject({ data: 'digits', part: 'test' });
    expect(measured.accuracyLost).toBeLessThanOrEqual(0.001);
    const evaluate = async (file: string) => JSON.parse((await run('evaluate', file, '--json')).stdout);
    expect(await evaluate('small.safetensors')).toMatchObject({ ...measured.after, samples: measured.samples });
    expect(await evaluate('model.safetensors')).toMatchObject(measured.before);
    const inspected = JSON.parse((await run('inspect', 'small.safetensors', '--json')).stdout);
    expect(inspected).toMatchObject({ precision: 'int8', provenance: { test: measured.after } });
    writeFileSync(join(folder, 'q8.json'), JSON.stringify([...eight]));
    expect(readClasses((await run('predict', 'small.safetensors', 'q8.json', '--json')).stdout)).toEqual(['8']);

    const text = await run('export', 'model.safetensors', '--quantize', 'int8', '--out', 'other.safetensors');
    expect(text.stdout).toMatch(
      /size +\d.*accuracy +\d+\.\d+ %, before .*percentage points.*data +digits, test samples/s,
    );
    expect(readFileSync(join(folder, 'other.safetensors'))).toEqual(readFileSync(join(folder, 'small.safetensors')));
    const blind = await run(
      'export',
      'model.safetensors',
      '--quantize',
      'int8',
      '--out',
      'b.safetensors',
      '--no-measure',
    );
    expect(blind.stdout).toContain('accuracy  not measured');
    expect((await run('inspect', 'b.safetensors')).stdout).not.toContain('test  ');
  });

  it.each([
    [['model.safetensors', '--to', 'safetensors', '--out', 'x'], 2, 'export to safetensors needs --quantize int8'],
    [['model.safetensors', '--to', 'safetensors', '--quantize', 'int4', '--out', 'x'], 2, "argument 'int4' is invalid"],
    [['model.safetensors', '--quantize', 'int8'], 2, "required option '--out <file>'"],
    [['small.safetensors', '--to', 'c', '--quantize', 'int8', '--out', 'x'], 2, 'the model is already quantized'],
    [['none.safetensors', '--to', 'c', '--quantize', 'int8', '--out', 'x'], 1, 'none.safetensors'],
    [['model.safetensors', '--to', 'onnx', '--quantize', 'int8', '--out', 'x', '--data', 'none.csv'], 1, 'none.csv'],
  ])('export %j is refused, and writes nothing', async (args, code, message) => {
    const result = await edgeMlp(['export', ...args], { cwd: folder });
    expect(result).toMatchObject({ code, stdout: '' });
    expect(result.stderr).toContain(message);
    expect(() => accessSync(join(folder, 'x'))).toThrow('ENOENT');
  });

  it.each([
    [
      'a list of 3 numbers',
      '[1, 2, 3]',
      'expected 784 numbers, flat or in rows of equal length, or a list of such samples, got a list of 3 numbers',
    ],
    [
      'pixels that are a text',
      '{"pixels": "x"}',
      'expected 784 numbers, flat or in rows of equal length, or a list of such samples, got "x"',
    ],
    [
      'a pixel of 300',
      JSON.stringify([...eight.slice(1), 300]),
      'sample 0, number 783: expected a number from 0 to 255, got 300',
    ],
    ['a scale of 0', JSON.stringify({ pixels: [...eight], scale: 0 }), 'scale: expected a number above 0'],
    ['plain text', 'hello', 'expected an image, an IDX file, JSON or CSV'],
    ['empty input', '', 'expected an image, an IDX file, JSON or CSV'],
  ])('predict refuses %s on standard input', async (_, input, message) => {
    const result = await edgeMlp(['predict', 'model.safetensors', '-'], { cwd: folder, input });
    expect(result).toMatchObject({ code: 1, stdout: '' });
    expect(result.stderr).toContain(`error: standard input: ${message}`);
  });

  it('inspect shows network, origin and hashes', async () => {
    const { stdout } = await edgeMlp(['inspect', 'model.safetensors'], { cwd: folder });
    for (const text of [
      '784-40-10, sigmoid',
      '31,810',
      'digits, 12,000 samples',
      'learningRate 0.1',
      'edge-mlp 0.1.0',
      'weights SHA-256',
    ]) {
      expect(stdout).toContain(text);
    }
    const json = JSON.parse((await edgeMlp(['inspect', 'model.safetensors', '--json'], { cwd: folder })).stdout);
    expect(json).toMatchObject({ parameters: 31_810, spec: { layers: [784, 40, 10] }, checkpoint: null });
  });

  it('data digits writes what train reads, and data info shows it', async () => {
    const made = await edgeMlp(['data', 'digits', '--out', 'set', '--samples', '100', '--test-samples', '20'], {
      cwd: folder,
    });
    expect(made.code).toBe(0);
    const info = JSON.parse((await edgeMlp(['data', 'info', '--data', 'set', '--json'], { cwd: folder })).stdout);
    expect(info).toMatchObject({ training: { samples: 100, inputs: 784 }, test: { samples: 20 } });
    const trained = await edgeMlp(
      ['train', '--data', 'set', '--hidden', '5', '--epochs', '1', '--out', 'set.safetensors'],
      { cwd: folder },
    );
    expect(trained.code).toBe(0);
    // The same once more is nothing new; other digits would replace a set that is there.
    const [same, others] = await Promise.all(
      ['1', '2'].map((seed) =>
        edgeMlp(['data', 'digits', '--out', 'set', '--samples', '100', '--test-samples', '20', '--seed', seed], {
          cwd: folder,
        }),
      ),
    );
    expect([same?.code, others?.code]).toEqual([0, 1]);
    expect(others?.stderr).toBe(
      'error: set/train-images-idx3-ubyte already exists with other content: name another folder with --out\n',
    );
    const text = await edgeMlp(['data', 'info', '--data', 'set'], { cwd: folder });
    expect(text.stdout).toContain('samples   100 of 784 inputs');
  });

  it('gradcheck prints question 3 to the last digit', async () => {
    const { stdout, code } = await edgeMlp(['gradcheck']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/dV\[0\]\[0\] +-0\.44039853898894116 /);
    expect(stdout).toMatch(/db\[1\] +0\.5 /);
    expect(stdout).toMatch(/dW\[1\]\[2\] +0 /);
    expect(stdout).toContain('53 of 53 agree');
    expect(JSON.parse((await edgeMlp(['gradcheck', '--json'])).stdout)).toMatchObject({ passed: true });
  });
});

describe('export and import', () => {
  let folder = '';
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'edge-mlp-test-'));
    const rows = Array.from({ length: 60 }, (_, n) => `${n % 3},${(n * 7) % 11},${['low', 'mid', 'high'][n % 3]}`);
    writeFileSync(join(folder, 'points.csv'), ['a,b,kind', ...rows].join('\n'));
    const trained = await edgeMlp(['train', '--data', 'points.csv', '--hidden', '6', '--epochs', '3'], { cwd: folder });
    expect(trained.code).toBe(0);
  });
  const run = (...args: string[]) => edgeMlp(args, { cwd: folder });
  const inspect = async (file: string) => JSON.parse((await run('inspect', file, '--json')).stdout);

  it('ONNX and back: the same weights, classes, features and scaling', async () => {
    const exported = await run('export', 'model.safetensors', '--out', 'm.onnx', '--json');
    expect(JSON.parse(exported.stdout)).toMatchObject({ file: 'm.onnx', form: 'onnx' });
    const imported = await run('import', 'm.onnx', '--out', 'back.safetensors');
    expect(imported.stdout).toMatch(
      /^network {3}2-6-3 sigmoid, 39 parameters\nclasses .*inputs {4}standardised features/s,
    );
    const [before, after] = [await inspect('model.safetensors'), await inspect('back.safetensors')];
    for (const name of ['weightsSha256', 'spec', 'classes', 'scaling', 'features', 'labelName']) {
      expect(after[name], name).toEqual(before[name]);
    }
    const evaluate = async (file: string) =>
      JSON.parse((await run('evaluate', file, '--data', 'points.csv', '--json')).stdout);
    expect((await evaluate('back.safetensors')).loss).toBe((await evaluate('model.safetensors')).loss);
  });

  it('ONNX with its weights in a file next to it', async () => {
    const bytes = onnxFile({
      nodes: [node('MatMul', ['x', 'w'], 'z')],
      initializers: [external('w', [2, 3], { location: 'pair.onnx.data' })],
      inputs: [value('x', ['N', 2])],
      outputs: [value('z', ['N', 3])],
    });
    const pair = join(folder, 'pair');
    mkdirSync(pair);
    writeFileSync(join(pair, 'pair.onnx'), bytes);
    const without = await run('import', 'pair/pair.onnx', '--out', 'pair.safetensors');
    expect(without).toMatchObject({ code: 1, stdout: '' });
    expect(without.stderr).toContain('expected its weights in pair/pair.onnx.data, got no such file: copy both files');
    writeFileSync(join(folder, 'elsewhere'), new Uint8Array(24));
    symlinkSync('../elsewhere', join(pair, 'pair.onnx.data'));
    const linked = await run('import', 'pair/pair.onnx', '--out', 'pair.safetensors');
    expect(linked.stderr).toContain('got a link out of it');
    rmSync(join(pair, 'pair.onnx.data'));
    writeFileSync(join(pair, 'pair.onnx.data'), new Uint8Array(Float32Array.of(1, 2, 3, 4, 5, 6).buffer));
    const imported = await run('import', 'pair/pair.onnx', '--out', 'pair.safetensors');
    expect(imported.stdout).toContain('network   2-3');
  });

  it('a state_dict of float64 in safetensors, with its activation', async () => {
    const data = Float64Array.from({ length: 17 }, (_, i) => (i - 8) / 7);
    const header = {
      'fc1.weight': { dtype: 'F64', shape: [3, 2], data_offsets: [0, 48] },
      'fc1.bias': { dtype: 'F64', shape: [3], data_offsets: [48, 72] },
      'fc2.weight': { dtype: 'F64', shape: [2, 3], data_offsets: [72, 120] },
      'fc2.bias': { dtype: 'F64', shape: [2], data_offsets: [120, 136] },
    };
    const json = Buffer.from(JSON.stringify(header));
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(json.length));
    writeFileSync(join(folder, 'dict.safetensors'), Buffer.concat([length, json, Buffer.from(data.buffer)]));
    const inspected = await run('inspect', 'dict.safetensors');
    expect(inspected).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('edge-mlp import converts other files'),
    });
    const bare = await run('import', 'dict.safetensors', '--out', 'dict-mlp.safetensors');
    expect(bare).toMatchObject({ code: 2, stderr: expect.stringContaining('pass activation, such as relu') });
    const imported = await run('import', 'dict.safetensors', '--activation', 'silu', '--out', 'dict-mlp.safetensors');
    expect(imported.stdout).toMatch(/^network {3}2-3-2 silu, 17 parameters\n/);
    expect(imported.stdout).toContain('weights   float64, rounded to the nearest float32, ties to even\n');
    expect((await inspect('dict-mlp.safetensors')).spec).toEqual({ layers: [2, 3, 2], hiddenActivation: 'silu' });
    const twice = await run('import', 'dict-mlp.safetensors', '--out', 'x.safetensors');
    expect(twice).toMatchObject({ code: 1, stderr: expect.stringContaining('got a model file of edge-mlp') });
  });

  it('by the ending or by --to; names and pictures are given where the file has none', async () => {
    expect((await run('export', 'model.safetensors', '--out', 'm.json')).code).toBe(0);
    const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
    const command = `'${process.execPath}' '${main}' export model.safetensors --to json --out /dev/stdout 2>/dev/null | cat`;
    const piped = execFileSync('sh', ['-c', command], { cwd: folder, encoding: 'utf8' });
    expect(piped.startsWith(readFileSync(join(folder, 'm.json'), 'utf8'))).toBe(true);
    expect(JSON.parse(readFileSync(join(folder, 'm.json'), 'utf8')).layers).toEqual([2, 6, 3]);
    expect((await run('export', 'model.safetensors', '--to', 'c', '--out', 'my net.txt')).code).toBe(0);
    expect(readFileSync(join(folder, 'my net.txt'), 'utf8')).toContain('int my_net_predict(');
    await run('export', 'model.safetensors', '--to', 'onnx', '--out', 'm.bin');
    const named = await run('import', 'm.bin', '--classes', 'x, y,z', '--image', '1x2', '--out', 'named.safetensors');
    expect(named.code).toBe(0);
    expect(await inspect('named.safetensors')).toMatchObject({
      classes: ['x', 'y', 'z'],
      imageShape: [1, 2],
      scaling: { kind: 'bytes' },
    });
    const features = await run('import', 'm.bin', '--features', 'p,q', '--out', 'features.safetensors', '--json');
    expect(JSON.parse(features.stdout)).toMatchObject({ scaling: { kind: 'standard' } });
    expect((await inspect('features.safetensors')).features).toEqual(['p', 'q']);
    const twice = await run('import', 'm.bin', '--mean', '1', '--std', '2', '--out', 'x');
    expect(twice).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('nothing, as the file has a standardisation'),
    });
  });

  it.each([
    [
      ['export', 'model.safetensors', '--out', 'x.bin'],
      2,
      '--out: expected a file name ending in .safetensors, .onnx, .json, .h, or --to, got x.bin',
    ],
    [['export', 'model.safetensors', '--to', 'keras', '--out', 'x'], 2, "argument 'keras' is invalid"],
    [['import', 'points.csv', '--out', 'x'], 1, 'points.csv: expected an ONNX file, got'],
    [['import', 'none.onnx', '--out', 'x'], 1, 'none.onnx'],
    [['import', 'm.onnx', '--classes', 'a,b', '--out', 'x'], 2, 'classes: expected 3 different names, got ["a","b"]'],
    [
      ['import', 'm.onnx', '--image', '28x28', '--out', 'x'],
      2,
      'image: expected rows and columns of 2 pixels, got 28x28',
    ],
  ])('%j is refused, and writes nothing', async (args, code, message) => {
    await run('export', 'model.safetensors', '--out', 'm.onnx');
    const result = await run(...args);
    expect(result).toMatchObject({ code, stdout: '' });
    expect(result.stderr).toContain(message);
    for (const name of ['x', 'x.bin']) expect(() => accessSync(join(folder, name))).toThrow('ENOENT');
  });
});
