/** Error messages and exit codes. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { createProgram } from '../../cli/program.ts';
import { DIGITS, edgeMlp, temporaryFolder, trainDigits } from '../support/cli.ts';

function readHelp(command: Command): string {
  let text = '';
  command.configureOutput({
    writeOut: (part) => {
      text += part;
    },
  });
  command.outputHelp();
  return text;
}

describe('errors', () => {
  it.each([
    [
      ['train', '--learning-rate', '-1'],
      "option '--learning-rate <rate>' argument '-1' is invalid. expected a number above 0, got -1.",
    ],
    [['train', '--learning-rate', '0'], 'expected a number above 0, got 0'],
    [['train', '--learning-rate', 'fast'], 'expected a number above 0, got fast'],
    [['train', '--hidden', '0'], 'expected layer sizes of at least 1, such as 300 or 512,256, or none, got 0'],
    [
      ['train', '--data', 'ellipse', '--hidden', '1000000000'],
      'layers 2-1000000000-2: expected at most 134,217,728 parameters',
    ],
    [['train', '--epochs', '0'], 'expected a whole number of at least 1, got 0'],
    [['train', '--activation', 'relu,swish'], 'expected one of sigmoid, tanh, relu, leaky-relu'],
    [
      ['train', '--activation', 'relu,tanh', '--hidden', '5,5,5'],
      'hiddenActivation: expected one activation, or one for each of the 3 hidden layers, got 2: relu+tanh',
    ],
    [['train', '--dropout', '1'], 'expected a number from 0 up to, but not including, 1, got 1'],
    [['train', '--momentum', '1'], 'expected a number from 0 up to, but not including, 1, got 1'],
    [['train', '--seed', '-1'], 'expected a whole number from 0 to 4294967295, got -1'],
    [
      ['train', '--final', '--validation', '5'],
      '--final cannot be combined with --validation: --final trains on all samples.',
    ],
    [
      ['train', '--data', 'nowhere'],
      'digits, ellipse, a folder of IDX files, a folder with one folder of PNG files for each class, or a .csv file, got nowhere',
    ],
    [['train', '--data', 'digits', '--validation', '12000'], 'validation: expected a whole number from 0 to 11999'],
    [['train', '--out', 'x', '--report', './x'], '--report and --out must be different files, got ./x for both'],
    [
      ['export', 'm.safetensors', '--quantize', 'int8', '--out', './m.safetensors'],
      '--out and the model must be different files, got ./m.safetensors for both',
    ],
    [
      ['export', 'm', '--to', 'json', '--data', 'd.csv', '--out', 'd.csv'],
      '--out and --data must be different files, got d.csv for both',
    ],
    [['import', 'x.onnx', '--out', 'x.onnx'], '--out and the model must be different files, got x.onnx for both'],
    [['train', '--out', ''], 'expected a file name, got nothing'],
    [['train', '--data', 'iriss.csv'], '--data: no file or folder is called iriss.csv\n'],
    [['train', '--data', 'mnst'], 'or a .csv file, got mnst: did you mean mnist?\n'],
    [
      ['train', '--out', 'm.onnx'],
      'got m.onnx: write m.safetensors, then run edge-mlp export m.safetensors --out m.onnx\n',
    ],
    [['train', '--checkpoint', 'c.pt'], '--checkpoint: expected a name ending in .safetensors'],
    [
      ['train', '--report', 'r.csv'],
      '--report: expected a name ending in .html, because the output is HTML, got r.csv',
    ],
    [['import', 'x.onnx', '--out', 'm.json'], '--out: expected a name ending in .safetensors'],
    [['export', 'm', '--to', 'onnx', '--out', 'm.h'], '--out: expected a name ending in .onnx'],
    [
      ['repeat', '--data', 'ellipse', '--out', 'r.html'],
      '--out: expected the name of a folder, got the file name r.html',
    ],
    [['data', 'digits', '--out', 'digits.csv'], '--out: expected the name of a folder, got the file name digits.csv'],
    [['data', 'show', '--out', 's.html'], '--out: expected a name ending in .png'],
    [['train', '--data', 'digits', '--test', 'none.csv'], '--test: no file or folder is called none.csv'],
    [['train', '--data', 'ellipse', '--test', '.'], '--test: expected a folder with one folder of PNG files'],
    [['train', '--validation', '1.5'], 'expected a whole number, or a fraction below 1, got 1.5'],
    [['sweep', '--validation', '0'], 'expected a whole number of at least 1, or a fraction below 1, got 0'],
    [['data', 'digits', '--samples', '1000000000000'], 'expected a whole number from 0 to 1000000, got 1000000000000'],
    [
      ['data', 'push', '--remote', 'http://127.0.0.1:9', '--data', 'ellipse'],
      '--data: expected images in up to 256 classes, or a .csv file, got ellipse',
    ],
    [['train', '--colour'], "unknown option '--colour'"],
    [['fly'], "unknown command 'fly'"],
    [['predict'], "missing required argument 'model'"],
    [['evaluate', 'm', '--part', 'all'], 'Allowed choices are test, training, validation.'],
  ])('%j: exit code 2', async (args, message) => {
    const folder = temporaryFolder();
    const result = await edgeMlp(args, { cwd: folder });
    expect(result.stderr).toContain(message);
    expect(result).toMatchObject({ code: 2, stdout: '' });
    expect(readdirSync(folder)).toEqual([]);
  });

  it.each([
    [
      ['train', '--epochs', '5', '--average-epochs', '9'],
      'averageEpochs: expected at most the 5 epochs of the run, got 9',
    ],
    [['train', '--patience', '3', '--validation', '0'], 'patience: expected a validation set'],
    [['train', '--learning-rate', '1e-60'], 'learningRate: expected a number above 0, got 1e-60'],
    [['repeat', '--final', '--patience', '2'], 'patience: expected a validation set'],
    [['train', '--beta1', '0.5'], 'optimizer: expected the fields kind for the kind "sgd", got beta1, a field of adam'],
    [['train', '--optimizer', 'adam', '--momentum', '0.5'], 'momentum cannot be combined with optimizer adam'],
    [['sweep', '--optimizer', 'sgd,adam', '--nesterov'], 'nesterov: expected a momentum above 0, got 0'],
    [['sweep', '--nesterov'], 'nesterov: expected a momentum above 0, got 0'],
  ])('%j: an error before the data are read', async (args, message) => {
    const folder = temporaryFolder();
    const { code, stderr } = await edgeMlp([...args, '--data', 'digits'], { cwd: folder });
    expect([code, stderr]).toEqual([2, expect.stringMatching(`^error: ${message}`)]);
    expect(readdirSync(folder)).toEqual([]);
  });

  it.each([
    ['train', '--data', 'ellipse', '--augment', 'shift'],
    ['repeat', '--data', 'ellipse', '--augment', 'affine'],
  ])('%s %s %s %s %s: an error before the plan', async (...args) => {
    const { code, stderr } = await edgeMlp(args, { cwd: temporaryFolder() });
    const message = 'augment: expected images whose pixels are bytes, got samples that are not images in ellipse';
    expect([code, stderr]).toEqual([2, `loading  ellipse\nerror: ${message}\n`]);
  });

  it('suggests the nearest name of a file', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'iris.csv'), '');
    for (const args of [
      ['train', '--data', 'irsi.csv'],
      ['train', '--data', 'ellipse', '--test', './irsi.csv'],
      ['inspect', join(folder, 'irsi.csv')],
    ]) {
      const { stderr } = await edgeMlp(args, { cwd: folder });
      expect(stderr).toMatch(/irsi\.csv.*: did you mean iris\.csv\?\n$/);
    }
  });

  it('cuts the message about an argument of any length', async () => {
    const { code, stderr } = await edgeMlp(['train', `--${'x'.repeat(20_000)}`]);
    expect([code, stderr.length < 1100]).toEqual([2, true]);
  });

  it('accepts more threads than a network can use', async () => {
    const args = ['train', '--data', 'ellipse', '--epochs', '1', '--threads', '100'];
    expect((await edgeMlp(args, { cwd: temporaryFolder() })).code).toBe(0);
  });

  it('does not overwrite a recipe with the model', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'r.json'), '{"epochs":1}');
    const result = await edgeMlp(['train', '--data', 'ellipse', '--recipe', 'r.json', '--out', 'r.json'], {
      cwd: folder,
    });
    expect(result.stderr).toBe('error: --out and --recipe must be different files, got r.json for both\n');
    expect(readFileSync(join(folder, 'r.json'), 'utf8')).toBe('{"epochs":1}');
  });

  it.each([
    [['evaluate', 'none.safetensors'], 'error: cannot read none.safetensors: no such file or folder'],
    [['inspect', 'text.safetensors'], 'error: text.safetensors: expected a safetensors header of at most'],
    [
      ['train', ...DIGITS, '--out', 'none/m.safetensors'],
      'error: cannot write none/m.safetensors: no such file or folder',
    ],
    [
      ['train', ...DIGITS, '--report', 'text.safetensors/r.html'],
      'error: cannot write text.safetensors/r.html: a part of the path is not a folder',
    ],
    [['train', '--data', 'bad'], 'train-labels-idx1-ubyte: expected IDX magic number 0x00000801, got 0x6e6f2049'],
    [
      ['train', '--data', 'empty'],
      'empty: expected train-images-idx3-ubyte and train-labels-idx1-ubyte, plain or .gz, or one folder of PNG files',
    ],
    [
      ['train', '--data-dir', 'nowhere', '--data', 'mnist'],
      '--data-dir: expected a folder, got nowhere, which does not exist',
    ],
    [['train', ...DIGITS, '--out', 'empty'], 'error: cannot write empty: it is a folder'],
    [
      ['train', '--data', 'bad.csv'],
      'error: bad.csv: line 3, column 2 (b): expected a number, as in most cells of the column, got "x"',
    ],
    [
      ['data', 'push', '--remote', 'http://127.0.0.1:9', '--data', 'bad.csv'],
      'error: bad.csv: line 3, column 2 (b): expected a number, as in most cells of the column, got "x"',
    ],
    [
      ['train', '--data', 'mnist', '--data-dir', 'bad'],
      "train-images-idx3-ubyte: expected MNIST's train-images-idx3-ubyte, SHA-256",
    ],
  ])('%j: exit code 1, before any work', async (args, message) => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'text.safetensors'), 'not a model file');
    writeFileSync(join(folder, 'bad.csv'), 'a,b,c\n1,2,y\n1,x,n\n');
    for (const name of ['bad', 'empty']) mkdirSync(join(folder, name));
    for (const name of ['train-images-idx3-ubyte', 'train-labels-idx1-ubyte'])
      writeFileSync(join(folder, 'bad', name), 'no IDX at all');
    const before = readdirSync(folder);
    const result = await edgeMlp(args, { cwd: folder });
    expect(result.stderr).toContain(message);
    expect(result).toMatchObject({ code: 1, stdout: '' });
    expect(readdirSync(folder)).toEqual(before);
  });

  it('refuses a data set that does not fit the model', async () => {
    const folder = temporaryFolder();
    await trainDigits(folder);
    const result = await edgeMlp(['evaluate', 'model.safetensors', '--data', 'ellipse'], { cwd: folder });
    expect(result.code).toBe(1);
    expect(result.stderr).toContain('error: ellipse: expected inputs for bytes scaling, got identity');
  });

  it('prints help with examples for every command, which use only its options', () => {
    const walk = (command: Command, path: readonly string[]): number => {
      const [usage = '', examples = ''] = readHelp(command).split('\nExamples:\n');
      const own = examples.split('\n').filter((line) => line.startsWith(`  $ edge-mlp ${path.join(' ')}`));
      expect({ path, examples: own.length }).not.toEqual({ path, examples: 0 });
      if (command.commands.length === 0) {
        for (const [option] of own.join('\n').matchAll(/--[a-z-]+/g))
          expect({ path, usage }).toHaveProperty('usage', expect.stringContaining(option));
      }
      const counts = command.commands.map((each) => walk(each, [...path, each.name()]));
      return counts.reduce((sum, count) => sum + count, 1);
    };
    expect(walk(createProgram(), [])).toBeGreaterThan(30);
  });

  it('prints the help of a command with --help', async () => {
    const { stdout, code } = await edgeMlp(['data', 'push', '--help']);
    const push = createProgram().commands.flatMap(({ commands }) => commands.filter((each) => each.name() === 'push'));
    expect(code).toBe(0);
    expect(stdout).toContain('\nExamples:\n  $ edge-mlp data push');
    expect(push.map(readHelp)).toContain(stdout);
  });
});
