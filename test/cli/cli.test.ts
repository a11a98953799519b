/** Every command, as users run it. */
import { existsSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { encode } from 'fast-png';
import { beforeAll, describe, expect, it } from 'vitest';
import { digitsDataset, formatIdx } from '../../src/data/index.ts';
import { formatModel, parseModel } from '../../src/format/index.ts';
import { edgeMlp, temporaryFolder } from '../support/cli.ts';

const DIGITS = ['--data', 'digits', '--hidden', '20', '--epochs', '1'];

/** Trains on digits in a folder of its own; the parsed JSON and what was printed. */
async function trainDigits(folder: string, ...more: string[]) {
  const result = await edgeMlp(['train', ...DIGITS, '--json', ...more], { cwd: folder });
  expect(result.stderr).not.toContain('error');
  expect(result.code).toBe(0);
  return { ...result, summary: JSON.parse(result.stdout) };
}

describe('train', () => {
  it('prints what it promises, and evaluate finds the same numbers', async () => {
    const folder = temporaryFolder();
    const { summary, stderr } = await trainDigits(
      folder,
      '--final',
      '--epochs',
      '2',
      '--seed',
      '7',
      '--out',
      'm.safetensors',
    );
    expect(summary).toMatchObject({
      spec: { layers: [784, 20, 10], hiddenActivation: 'sigmoid' },
      seed: 7,
      options: { epochs: 2, learningRate: 0.03, batchSize: 1, momentum: 0, weightDecay: 0, seed: 7 },
      data: { name: 'digits', samples: 12_000, columns: 784 },
      out: 'm.safetensors',
    });
    expect(summary.epochs).toHaveLength(2);
    expect(Object.keys(summary.epochs[0])).toEqual([
      ...['epoch', 'trainLoss', 'trainAccuracy', 'validationLoss', 'validationAccuracy', 'seconds'],
    ]);
    expect(summary.epochs[1].trainLoss).toBeLessThan(summary.epochs[0].trainLoss);
    expect(summary.testAccuracy).toBeGreaterThan(0.9);
    expect(summary.samplesPerSecond).toBeGreaterThan(0);
    expect(stderr).toMatch(/network {2}784-20-10 sigmoid, 15,910 parameters/);
    expect(readdirSync(folder)).toEqual(['m.safetensors']);

    const evaluation = await edgeMlp(['evaluate', 'm.safetensors', '--json'], { cwd: folder });
    const { loss, accuracy, weightsSha256, confusion } = JSON.parse(evaluation.stdout);
    expect([loss, accuracy, weightsSha256]).toEqual([summary.testLoss, summary.testAccuracy, summary.weightsSha256]);
    expect(confusion.flat().reduce((sum: number, count: number) => sum + count, 0)).toBe(2000);
    const text = await edgeMlp(['evaluate', 'm.safetensors'], { cwd: folder });
    expect(text.stdout).toContain(`loss      ${summary.testLoss.toFixed(5)} nats`);
  });

  it('the same run gives the same file, and says so in its hash; another seed does not', async () => {
    const folder = temporaryFolder();
    const [first, second, other] = [
      await trainDigits(folder, '--out', 'a.safetensors'),
      await trainDigits(folder, '--out', 'b.safetensors'),
      await trainDigits(folder, '--out', 'c.safetensors', '--seed', '2'),
    ];
    expect(first.summary.weightsSha256).toBe(second.summary.weightsSha256);
    expect(first.summary.weightsSha256).not.toBe(other.summary.weightsSha256);
    expect(readFileSync(join(folder, 'a.safetensors')).equals(readFileSync(join(folder, 'b.safetensors')))).toBe(true);
  });

  it('holds validation samples out', async () => {
    const { summary, stderr } = await trainDigits(temporaryFolder(), '--validation', '300');
    expect(summary.data.samples).toBe(11_700);
    expect(summary.epochs[0].validationAccuracy).toBeGreaterThan(0.8);
    expect(summary.testLoss).toBeNull();
    expect(stderr).toContain('300 for validation');
  });

  it('writes a report that stands alone', async () => {
    const folder = temporaryFolder();
    const { summary } = await trainDigits(folder, '--final', '--report', 'report.html');
    const report = readFileSync(join(folder, 'report.html'), 'utf8');
    expect(report.match(/<svg/g)).toHaveLength(2);
    expect(report).toContain(`${(100 * summary.testAccuracy).toFixed(2)} %`);
    expect(report).toContain(summary.weightsSha256);
    expect(report).toContain('data:image/png;base64,');
    // No request to anybody: every address is a data address, an anchor or a namespace.
    expect(report.match(/(src|href)="(?!data:)/g)).toBeNull();
    expect(report).not.toContain('<script');
    expect(report).not.toContain('NaN');
  });

  it('Ctrl-C in mid-epoch writes a checkpoint and says how to go on; the resumed run ends in the same bytes', async () => {
    const folder = temporaryFolder();
    const options = [
      'train',
      '--data',
      'digits',
      '--hidden',
      '200',
      '--epochs',
      '6',
      '--momentum',
      '0.5',
      '--out',
      'x.safetensors',
    ];
    const unbroken = await edgeMlp([...options, '--json', '--out', 'whole.safetensors'], { cwd: folder });
    let sent = false;
    const stopped = await edgeMlp(options, {
      cwd: folder,
      onStderr: (child, text) => {
        if (sent || !/^ +2 /m.test(text)) return;
        sent = true;
        child.kill('SIGINT');
      },
    });
    expect(stopped.code).toBe(130);
    expect(stopped.stderr).toMatch(
      /stopped after [\d,]+ steps; go on with\n {2}(npx edge-mlp|node \S+) train --resume x\.checkpoint\.safetensors --out x\.safetensors\n/,
    );
    expect(existsSync(join(folder, 'x.safetensors'))).toBe(false);
    const inspected = await edgeMlp(['inspect', 'x.checkpoint.safetensors'], { cwd: folder });
    expect(inspected.stdout).toMatch(/checkpoint after [\d,]+ steps/);
    const resumed = await edgeMlp(
      ['train', '--resume', 'x.checkpoint.safetensors', '--out', 'x.safetensors', '--json', '--report', 'r.html'],
      {
        cwd: folder,
      },
    );
    expect(resumed.stderr).toContain('resumed  after');
    expect(JSON.parse(resumed.stdout).weightsSha256).toBe(JSON.parse(unbroken.stdout).weightsSha256);
    expect(JSON.parse(resumed.stdout).epochs).toHaveLength(6);
    expect(readFileSync(join(folder, 'x.safetensors')).equals(readFileSync(join(folder, 'whole.safetensors')))).toBe(
      true,
    );
  });

  it('a checkpoint of another run is refused', async () => {
    const folder = temporaryFolder();
    await trainDigits(folder, '--checkpoint', 'c.safetensors');
    const refused = await edgeMlp(['train', '--resume', 'c.safetensors', '--hidden', '21'], { cwd: folder });
    expect(refused).toMatchObject({ code: 1, stderr: 'error: --hidden: c.safetensors was made with 20, got 21\n' });
    const model = await edgeMlp(['train', '--resume', 'model.safetensors'], { cwd: folder });
    expect(model).toMatchObject({ code: 1 });
    expect(model.stderr).toContain(
      'model.safetensors: expected a checkpoint of edge-mlp train, got a model without one',
    );
    const longer = await edgeMlp(['train', '--resume', 'c.safetensors', '--epochs', '2', '--json'], { cwd: folder });
    expect(JSON.parse(longer.stdout).epochs).toHaveLength(2);
  });

  it('Ctrl-C after the last epoch waits until the model is written', async () => {
    const folder = temporaryFolder();
    let sent = false;
    const stopped = await edgeMlp(['train', '--data', 'digits', '--hidden', '1500', '--epochs', '1', '--final'], {
      cwd: folder,
      onStderr: (child, text) => {
        if (sent || !/^ +1 /m.test(text)) return;
        sent = true;
        child.kill('SIGINT');
      },
    });
    expect(stopped.code).toBe(130);
    expect(stopped.stderr).toContain('stopped after the model was written');
    expect(readdirSync(folder)).toEqual(['model.safetensors']);
  });

  it('a reader that goes away ends the printing, not the work', async () => {
    const folder = temporaryFolder();
    const trained = await edgeMlp(['train', ...DIGITS], { cwd: folder, onStderr: (child) => child.stderr?.destroy() });
    expect(trained.code).toBe(0);
    expect(readdirSync(folder)).toEqual(['model.safetensors']);
    const shown = await edgeMlp(['evaluate', 'model.safetensors'], {
      cwd: folder,
      onSpawn: (child) => child.stdout?.destroy(),
    });
    expect(shown).toMatchObject({ code: 0, stderr: '' });
  });

  it('evaluate finds the data that the model was trained on, and no other', async () => {
    const folder = temporaryFolder();
    const set = (seed: string) =>
      edgeMlp(['data', 'digits', '--out', 'digits', '--samples', '50', '--test-samples', '30', '--seed', seed], {
        cwd: folder,
      });
    await set('5');
    await edgeMlp(['train', '--data', './digits', '--hidden', '5', '--epochs', '1'], { cwd: folder });
    const evaluated = await edgeMlp(['evaluate', 'model.safetensors', '--json'], { cwd: folder });
    expect(JSON.parse(evaluated.stdout)).toMatchObject({ samples: 30, data: { name: './digits', part: 'test' } });
    await set('6');
    const changed = await edgeMlp(['evaluate', 'model.safetensors'], { cwd: folder });
    expect(changed).toMatchObject({ code: 1 });
    expect(changed.stderr).toContain(
      './digits: expected the data that the model was trained on, found others; name some with --data',
    );
    const elsewhere = await edgeMlp(['evaluate', join(folder, 'model.safetensors')], { cwd: temporaryFolder() });
    expect(elsewhere.stderr).toContain(
      './digits, which the model was trained on, was not found: name its place with --data',
    );
  });

  it('writes over nothing that it reads', async () => {
    const folder = temporaryFolder();
    const csv = `x,y,k\n${Array.from({ length: 40 }, (_, n) => `${n},${(n * 7) % 11},${n % 2}`).join('\n')}\n`;
    writeFileSync(join(folder, 'f.csv'), csv);
    symlinkSync('f.csv', join(folder, 'link'));
    const overData = await edgeMlp(['train', '--data', 'f.csv', '--epochs', '1', '--report', 'link'], { cwd: folder });
    expect(overData).toMatchObject({
      code: 2,
      stderr: 'error: --report: expected another file than --data, got link for both\n',
    });
    expect(readFileSync(join(folder, 'f.csv'), 'utf8')).toBe(csv);
    await edgeMlp(['train', '--data', 'f.csv', '--hidden', '3', '--epochs', '1', '--checkpoint', 'c'], { cwd: folder });
    const overCheckpoint = await edgeMlp(['train', '--resume', 'c', '--epochs', '2', '--out', 'c'], { cwd: folder });
    expect(overCheckpoint.stderr).toBe('error: --out: expected another file than --resume, got c for both\n');
    const further = await edgeMlp(['train', '--resume', 'c', '--epochs', '2', '--checkpoint', 'c'], { cwd: folder });
    expect(further.code).toBe(0);
    const elsewhere = await edgeMlp(['train', '--resume', join(folder, 'c')], { cwd: temporaryFolder() });
    expect(elsewhere.stderr).toContain(
      'error: f.csv, which the run was begun with, was not found: name its place with --data',
    );
    const found = await edgeMlp(['train', '--resume', join(folder, 'c'), '--data', join(folder, 'f.csv')], {
      cwd: temporaryFolder(),
    });
    expect(found.code).toBe(0);
    // evaluate takes the file whole, and notices that it is another by now.
    const whole = await edgeMlp(['evaluate', 'model.safetensors'], { cwd: folder });
    expect(whole.stdout).toContain('data      f.csv, all samples');
    writeFileSync(join(folder, 'f.csv'), csv.replace('3,10,1', '3,9,1'));
    const other = await edgeMlp(['evaluate', 'model.safetensors'], { cwd: folder });
    expect(other.stderr).toContain('error: f.csv: expected the data that the model was trained on, found others');
    const part = await edgeMlp(['evaluate', 'model.safetensors', '--data', 'f.csv', '--part', 'test'], { cwd: folder });
    expect(part).toMatchObject({ code: 2 });
  });

  it('the options that a checkpoint keeps are checked', async () => {
    const folder = temporaryFolder();
    await trainDigits(folder, '--checkpoint', 'c.safetensors');
    const checkpoint = parseModel(new Uint8Array(readFileSync(join(folder, 'c.safetensors'))), 'c');
    const { options, ...rest } = checkpoint.run as { options: Record<string, unknown> };
    for (const [change, message] of [
      [{ init: 'bogus' }, 'bad.safetensors: run.options.init: expected one of glorot, he, normal, got "bogus"'],
      [{ final: 'yes' }, 'bad.safetensors: run.options.final: expected true or false, got "yes"'],
      [{ data: 5 }, 'bad.safetensors: run.options.data: expected a text, got 5'],
    ] as const) {
      const run = { ...rest, options: { ...options, ...change } };
      writeFileSync(join(folder, 'bad.safetensors'), formatModel({ ...checkpoint, run }));
      const result = await edgeMlp(['train', '--resume', 'bad.safetensors'], { cwd: folder });
      expect(result).toMatchObject({ code: 1, stderr: `error: ${message}\n` });
    }
  });

  it('divergence is stopped at its step, and the last good checkpoint stays', async () => {
    const folder = temporaryFolder();
    await trainDigits(folder, '--checkpoint', 'c.safetensors', '--learning-rate', '0.1');
    const before = readFileSync(join(folder, 'c.safetensors'));
    const result = await edgeMlp(
      ['train', ...DIGITS, '--learning-rate', '1e6', '--out', 'd.safetensors', '--checkpoint', 'c.safetensors'],
      { cwd: folder },
    );
    expect(result.code).toBe(1);
    expect(result.stderr).toMatch(/error: diverged at step \d+ \(epoch 1\), learning rate 1000000/);
    expect(existsSync(join(folder, 'd.safetensors'))).toBe(false);
    expect(readFileSync(join(folder, 'c.safetensors')).equals(before)).toBe(true);
  });

  it('without MNIST and without a network it says so and goes on with digits; asked for by name it fails', async () => {
    const folder = temporaryFolder();
    const fallback = await edgeMlp(['train', '--hidden', 'none', '--epochs', '1', '--json'], { cwd: folder });
    expect(fallback.code).toBe(0);
    expect(fallback.stderr).toContain('Going on with digits, the generated set.');
    expect(JSON.parse(fallback.stdout).data.name).toBe('digits');
    const named = await edgeMlp(['train', '--data', 'mnist'], { cwd: folder });
    expect(named.code).toBe(1);
    expect(named.stderr).toContain('error: MNIST: train-images-idx3-ubyte.gz was not found, and no mirror gave it');
  });

  it('CSV, standardised; the model scales other files as its training did', async () => {
    const folder = temporaryFolder();
    const rows = Array.from({ length: 300 }, (_, n) => {
      const [x, y] = [(n * 7919) % 100, (n * 104_729) % 1000];
      return `${x},${y},${x * 10 > y ? 'below' : 'above'}`;
    });
    writeFileSync(join(folder, 'points.csv'), `x,y,side\n${rows.join('\n')}\n`);
    const trained = await edgeMlp(
      ['train', '--data', 'points.csv', '--hidden', '8', '--epochs', '60', '--learning-rate', '0.1', '--json'],
      { cwd: folder },
    );
    expect(JSON.parse(trained.stdout).epochs.at(-1).validationAccuracy).toBeGreaterThan(0.9);
    const evaluated = await edgeMlp(['evaluate', 'model.safetensors', '--data', 'points.csv', '--json'], {
      cwd: folder,
    });
    expect(JSON.parse(evaluated.stdout).accuracy).toBeGreaterThan(0.95);
    expect(JSON.parse(evaluated.stdout).data).toEqual({ name: 'points.csv', part: 'all' });
    const predicted = await edgeMlp(['predict', 'model.safetensors', '-', '--json'], {
      cwd: folder,
      input: '[[90, 100], [5, 900]]',
    });
    expect(JSON.parse(predicted.stdout).predictions.map((answer: { class: string }) => answer.class)).toEqual([
      'below',
      'above',
    ]);
  });
});

describe('predict, inspect, data, gradcheck', () => {
  let folder = '';
  beforeAll(async () => {
    const { mkdtempSync } = await import('node:fs');
    const { tmpdir } = await import('node:os');
    folder = mkdtempSync(join(tmpdir(), 'edge-mlp-test-'));
    const result = await edgeMlp(
      ['train', '--data', 'digits', '--hidden', '40', '--epochs', '4', '--learning-rate', '0.1', '--final'],
      { cwd: folder },
    );
    expect(result.code).toBe(0);
  });

  const sevens = digitsDataset({ samples: 40, seed: 77 });
  const seven = Uint8Array.from(sevens.inputs.subarray(7 * 784, 8 * 784));
  const classOf = (stdout: string) => JSON.parse(stdout).predictions.map((answer: { class: string }) => answer.class);

  it('a picture, numbers, rows of numbers, an IDX file, standard input: the same answer', async () => {
    writeFileSync(join(folder, '7.png'), encode({ width: 28, height: 28, data: seven, channels: 1 }));
    writeFileSync(join(folder, 'flat.json'), JSON.stringify([...seven]));
    const rows = Array.from({ length: 28 }, (_, y) => [...seven.subarray(28 * y, 28 * y + 28)]);
    writeFileSync(
      join(folder, 'rows.json'),
      JSON.stringify({ pixels: rows.map((row) => row.map((value) => value / 255)), scale: 1 }),
    );
    writeFileSync(
      join(folder, 'two.idx.gz'),
      gzipSync(formatIdx({ shape: [2, 28, 28], data: Uint8Array.from([...seven, ...seven]) })),
    );
    const result = await edgeMlp(
      ['predict', 'model.safetensors', '7.png', 'flat.json', 'rows.json', 'two.idx.gz', '--json'],
      { cwd: folder },
    );
    const { predictions } = JSON.parse(result.stdout);
    expect(predictions.map((answer: { class: string }) => answer.class)).toEqual(['7', '7', '7', '7', '7']);
    for (const answer of predictions) expect(answer.probabilities).toEqual(predictions[0].probabilities);
    const piped = await edgeMlp(['predict', 'model.safetensors', '-', '--json'], {
      cwd: folder,
      input: readFileSync(join(folder, '7.png')),
    });
    expect(classOf(piped.stdout)).toEqual(['7']);
    const text = await edgeMlp(['predict', 'model.safetensors', '7.png', 'two.idx.gz'], { cwd: folder });
    expect(text.stdout).toMatch(/7\.png +7 +\d/);
    expect(text.stdout).toContain('two.idx.gz #1');
  });

  it.each([
    ['[1, 2, 3]', 'expected 784 numbers, flat or in rows, or a list of such, got 3 numbers in 3 items'],
    ['{"pixels": "x"}', 'expected 784 numbers, flat or in rows, or a list of such, got string'],
    [JSON.stringify([...seven.slice(1), 300]), 'sample 0, number 783: expected a number from 0 to 255, got 300'],
    [JSON.stringify({ pixels: [...seven], scale: 0 }), 'scale: expected a number above 0'],
    ['hello', 'expected a PNG, an IDX file or JSON'],
    ['', 'expected a PNG, an IDX file or JSON'],
  ])('%.30s', async (input, message) => {
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

describe('what goes wrong, and what the user sees', () => {
  it.each([
    [
      ['train', '--learning-rate', '-1'],
      "option '--learning-rate <rate>' argument '-1' is invalid. expected a number above 0, got -1.",
    ],
    [['train', '--learning-rate', '0'], 'expected a number above 0, got 0'],
    [['train', '--learning-rate', 'fast'], 'expected a number above 0, got fast'],
    [['train', '--hidden', '0'], 'expected sizes like 300 or 512,256, each at least 1, or none, got 0'],
    [
      ['train', '--data', 'ellipse', '--hidden', '1000000000'],
      'layers 2-1000000000-2: expected at most 134,217,728 parameters',
    ],
    [['train', '--epochs', '0'], 'expected a whole number of at least 1, got 0'],
    [['train', '--activation', 'swish'], 'Allowed choices are sigmoid, tanh, relu.'],
    [['train', '--momentum', '1'], 'expected a number from 0 up to, but not including, 1, got 1'],
    [['train', '--seed', '-1'], 'expected a whole number from 0 to 4294967295, got -1'],
    [['train', '--final', '--validation', '5'], '--final trains on all samples: expected no --validation beside it'],
    [
      ['train', '--data', 'nowhere'],
      '--data: expected mnist, digits, ellipse, a folder of IDX files or a CSV file, got nowhere',
    ],
    [['train', '--data', 'digits', '--validation', '12000'], 'validation: expected a whole number from 0 to 11999'],
    [['train', '--out', 'x', '--report', './x'], '--report: expected another file than --out, got ./x for both'],
    [['train', '--out', ''], 'expected the name of a file, got nothing'],
    [['data', 'digits', '--samples', '1000000000000'], 'expected at most 1000000, got 1000000000000'],
    [['train', '--colour'], "unknown option '--colour'"],
    [['fly'], "unknown command 'fly'"],
    [['predict'], "missing required argument 'model'"],
    [['evaluate', 'm', '--part', 'all'], 'Allowed choices are test, training.'],
  ])('%j: exit code 2', async (args, message) => {
    const folder = temporaryFolder();
    const result = await edgeMlp(args, { cwd: folder });
    expect(result.stderr).toContain(message);
    expect(result).toMatchObject({ code: 2, stdout: '' });
    expect(readdirSync(folder)).toEqual([]);
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
      'error: cannot write text.safetensors/r.html: a part of the path is no folder',
    ],
    [['train', '--data', 'bad'], 'train-labels-idx1-ubyte: expected IDX magic number 0x00000801, got 0x6e6f2049'],
    [
      ['train', '--data', 'empty'],
      'empty: expected train-images-idx3-ubyte and train-labels-idx1-ubyte, plain or .gz, found neither',
    ],
    [['train', '--data-dir', 'nowhere', '--data', 'mnist'], '--data-dir: expected a folder, found nothing at nowhere'],
    [['train', ...DIGITS, '--out', 'empty'], 'error: cannot write empty: it is a folder'],
    [['train', '--data', 'bad.csv'], 'error: bad.csv: line 3, column 2 (b): expected a number, got "x"'],
    [
      ['train', '--data', 'mnist', '--data-dir', 'bad'],
      "train-images-idx3-ubyte: expected MNIST's train-images-idx3-ubyte, SHA-256",
    ],
  ])('%j: exit code 1, before any work', async (args, message) => {
    const folder = temporaryFolder();
    const { mkdirSync } = await import('node:fs');
    writeFileSync(join(folder, 'text.safetensors'), 'this is no model file');
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

  it('a data set that does not fit the model', async () => {
    const folder = temporaryFolder();
    await trainDigits(folder);
    const result = await edgeMlp(['evaluate', 'model.safetensors', '--data', 'ellipse'], { cwd: folder });
    expect(result.code).toBe(1);
    expect(result.stderr).toContain('error: ellipse: expected inputs for bytes scaling, got identity');
  });

  it('help has an example for every command', async () => {
    for (const command of [
      ['train'],
      ['evaluate'],
      ['predict'],
      ['gradcheck'],
      ['inspect'],
      ['data', 'fetch'],
      ['data', 'info'],
      ['data', 'digits'],
    ]) {
      const { stdout, code } = await edgeMlp([...command, '--help']);
      expect(code).toBe(0);
      expect(stdout).toContain(`$ edge-mlp ${command.join(' ')}`);
    }
  });
});
