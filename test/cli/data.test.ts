/** CSV files and picture folders, from the file to the prediction. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { encode } from 'fast-png';
import { describe, expect, it } from 'vitest';
import { edgeMlp, temporaryFolder } from '../support/cli.ts';

const json = async (folder: string, ...args: string[]) => {
  const result = await edgeMlp([...args, '--json'], { cwd: folder });
  expect(result.stderr).not.toContain('error');
  expect(result.code).toBe(0);
  return JSON.parse(result.stdout);
};

describe('a table as spreadsheets write it', () => {
  const KINDS = ['red, "deep"', 'blue\nsky', 'green'];
  const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;
  const table = (samples: number, { delimiter = ',', newline = '\r\n' } = {}) => {
    const line = (cells: (string | number)[]) => `${cells.join(delimiter)}${newline}`;
    const rows = Array.from({ length: samples }, (_, n) =>
      // Features of sizes that differ by a million: without the model's own scaling nothing is told apart.
      line([n % 97, 1000 * (n % 3) + (n % 89), 0.001 * (n % 3), quoted(KINDS[n % 3] ?? '')]),
    );
    return `\ufeff${line([quoted('row, of all'), 'height', quoted('a "b"'), 'kind'])}${rows.join('')}`;
  };

  it.each(['a.csv', 'b.tsv'])(
    '%s: quotes, line breaks, a byte order mark: trained, measured, predicted',
    async (file) => {
      const folder = temporaryFolder();
      const delimiter = file.endsWith('.tsv') ? '\t' : ';';
      writeFileSync(join(folder, file), table(300, { delimiter }));
      const trained = await json(folder, 'train', '--data', file, '--hidden', '8', '--epochs', '100');
      expect(trained.epochs.at(-1).validationAccuracy).toBe(1);
      // Other rows, written otherwise.
      writeFileSync(join(folder, 'more.csv'), table(60, { newline: '\n' }));
      expect(await json(folder, 'evaluate', 'model.safetensors', '--data', 'more.csv')).toMatchObject({
        samples: 60,
        accuracy: 1,
      });
      // Columns are found by name. Other columns are ignored, and labels are not needed.
      const fresh = 'id,"a ""b""",height,"row, of all"\nx,0.002,2000,5\ny,0,0,5\nz,0.001,1000,5\n';
      writeFileSync(join(folder, 'fresh.csv'), fresh);
      const { predictions } = await json(folder, 'predict', 'model.safetensors', 'fresh.csv');
      expect(predictions.map((answer: { class: string }) => answer.class)).toEqual([KINDS[2], KINDS[0], KINDS[1]]);
      const shown = await edgeMlp(['predict', 'model.safetensors', 'fresh.csv'], { cwd: folder });
      expect(shown.stdout.trimEnd().split('\n')).toHaveLength(5);
      // The same numbers in JSON are the same sample.
      writeFileSync(join(folder, 'fresh.json'), '[[5, 2000, 0.002], [5, 0, 0], [5, 1000, 0.001]]');
      const same = await json(folder, 'predict', 'model.safetensors', 'fresh.json');
      expect(same.predictions.map((answer: { probabilities: number[] }) => answer.probabilities)).toEqual(
        predictions.map((answer: { probabilities: number[] }) => answer.probabilities),
      );
    },
  );

  it.each([
    [
      'train',
      'a,b,k\n1,2,x\n3,,y\n',
      'expected a value in each cell, got 1 missing cell (b 1), first in line 3 of bad.csv',
    ],
    [
      'train',
      'a,b,k\n1,2,"x\nz"\n3,"",y\n',
      'expected a value in each cell, got 1 missing cell (b 1), first in line 4 of bad.csv',
    ],
    [
      'train',
      'a,b,k\n1,2,x\n3,NA,y\n',
      'expected a value in each cell, got 1 missing cell (b 1), first in line 3 of bad.csv',
    ],
    ['train', 'a,b,k\n1,2,x\n3,0x10,y\n', 'line 3, column 2 (b): expected a number, got "0x10"'],
    [
      'train',
      'a,b,k\n1,2,x\n3,4,\n',
      'expected a value in each cell, got 1 missing cell (k 1), first in line 3 of bad.csv',
    ],
    ['train', '5.1,3.5,x\n4.9,3.0,y\n', 'line 1: expected a header with names of the columns, got the values 5.1, 3.5'],
    ['train', '5,6,x\n1,2,y\n', 'line 1: expected a header with names of the columns, got the values 5, 6'],
    ['evaluate', 'a,b,k\n1,2,x\n3,4,mauve\n', 'line 3: expected one of the labels x, y, got "mauve"'],
    ['evaluate', 'a,c,k\n1,2,x\n', 'expected a column "b", got a, c, k'],
    [
      'predict',
      'a,b\n1,2\n3,\n',
      'expected a value in each cell, got 1 missing cell (b 1), first in line 3 of bad.csv',
    ],
    ['predict', 'a,k\n1,x\n', 'expected a column "b", got a, k'],
    ['predict', 'a,b\n', 'expected samples below the header, got none'],
  ])('%s refuses %j by line and column', async (command, text, message) => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'bad.csv'), text);
    if (command !== 'train') {
      writeFileSync(join(folder, 'good.csv'), 'a,b,k\n1,2,x\n3,4,y\n');
      await json(folder, 'train', '--data', 'good.csv', '--hidden', '2', '--epochs', '1', '--validation', '0');
    }
    const data = command === 'predict' ? ['bad.csv'] : ['--data', 'bad.csv'];
    const model = command === 'train' ? [] : ['model.safetensors'];
    const result = await edgeMlp([command, ...model, ...data], { cwd: folder });
    expect(result.stderr).toContain(`error: bad.csv: ${message}`);
    expect(result.code).toBe(1);
  });
});

describe('a folder of PNG files', () => {
  /** Bright at the top or at the bottom, on a ground that is not black. */
  function picture(n: number, top: boolean): Uint8Array {
    const data = Uint8Array.from({ length: 12 * 10 }, (_, i) => (i < 60 === top ? 200 : 60) + ((n * 31 + i * 7) % 50));
    return encode({ width: 12, height: 10, channels: 1, depth: 8, data });
  }

  const bar = (width: number, height: number) =>
    Uint8Array.from({ length: width * height }, (_, i) => (i % width === 9 && i > 5 * width ? 255 : 0));

  function make(folder: string, samples: number): void {
    for (let n = 0; n < samples; n++) {
      const name = n % 2 === 0 ? 'sky' : 'earth';
      mkdirSync(join(folder, name), { recursive: true });
      writeFileSync(join(folder, name, `${n}.png`), picture(n, n % 2 === 0));
    }
  }

  it('is trained on, measured, shown, and its model takes such pictures as its training did', async () => {
    const folder = temporaryFolder();
    make(join(folder, 'set/train'), 80);
    make(join(folder, 'set/test'), 20);
    const trained = await json(folder, 'train', '--data', 'set', '--final', '--hidden', '6', '--epochs', '6');
    expect(trained).toMatchObject({ testAccuracy: 1, data: { name: 'set' } });
    const own = await json(folder, 'evaluate', 'model.safetensors');
    expect(own).toMatchObject({ samples: 20, accuracy: 1, data: { name: 'set', part: 'test' } });
    // Other pictures, labelled by the model's class names.
    make(join(folder, 'others'), 6);
    expect(await json(folder, 'evaluate', 'model.safetensors', '--data', 'others')).toMatchObject({
      ...{ samples: 6, loss: expect.any(Number), data: { part: 'all' } },
    });
    const file = 'set/test/sky/0.png';
    const { predictions } = await json(folder, 'predict', 'model.safetensors', file);
    const pixels = Array.from({ length: 120 }, (_, i) => (i < 60 ? 200 : 60) + ((i * 7) % 50));
    writeFileSync(join(folder, 'pixels.json'), JSON.stringify(pixels));
    const same = await json(folder, 'predict', 'model.safetensors', 'pixels.json');
    expect(predictions[0]).toMatchObject({ class: 'sky', probabilities: same.predictions[0].probabilities });
    writeFileSync(join(folder, 'other.png'), encode({ width: 5, height: 5, channels: 1, data: new Uint8Array(25) }));
    const refused = await edgeMlp(['predict', 'model.safetensors', 'other.png'], { cwd: folder });
    expect(refused.stderr).toContain('other.png: expected an image 12 wide and 10 high, as in training');
    expect(await json(folder, 'data', 'info', 'set')).toMatchObject({
      classes: ['earth', 'sky'],
      test: { samples: 20 },
    });
    expect(await json(folder, 'data', 'show', '--data', 'set')).toMatchObject({ samples: 12 });
    const swept = await edgeMlp(
      ['sweep', '--data', 'set', '--learning-rate', '0.03,0.1', '--epochs', '1', '--hidden', '3', '--out', 's'],
      { cwd: folder },
    );
    expect(swept.code).toBe(0);
  });

  it('without a part for testing, a model is measured on all of it; resumed, it is the same run', async () => {
    const folder = temporaryFolder();
    make(join(folder, 'set'), 60);
    const options = ['train', '--data', 'set', '--hidden', '4', '--validation', '10'];
    const whole = await json(folder, ...options, '--epochs', '4');
    expect(await json(folder, 'evaluate', 'model.safetensors')).toMatchObject({ samples: 60, data: { part: 'all' } });
    await json(folder, ...options, '--epochs', '2', '--checkpoint', 'c');
    const resumed = await json(folder, 'train', '--resume', 'c', '--epochs', '4');
    expect(resumed.weightsSha256).toBe(whole.weightsSha256);
  });

  it('keeps --pictures centred in a resumed run, and refuses another conversion for its model', async () => {
    const folder = temporaryFolder();
    for (const [name, width, height] of [
      ['sky', 30, 40],
      ['earth', 40, 30],
    ] as const) {
      mkdirSync(join(folder, 'set', name), { recursive: true });
      for (let n = 0; n < 20; n++) {
        const data = bar(width + n, height);
        writeFileSync(join(folder, 'set', name, `${n}.png`), encode({ width: width + n, height, channels: 1, data }));
      }
    }
    writeFileSync(join(folder, 'set/sky/large.png'), encode({ width: 60, height: 50, channels: 1, data: bar(60, 50) }));
    const options = ['train', '--data', 'set', '--pictures', 'centred', '--hidden', '4', '--validation', '5'];
    const whole = await json(folder, ...options, '--epochs', '2');
    expect(whole.spec.layers[0]).toBe(784);
    await json(folder, ...options, '--epochs', '1', '--checkpoint', 'c');
    expect((await json(folder, 'train', '--resume', 'c', '--epochs', '2')).weightsSha256).toBe(whole.weightsSha256);
    const other = await edgeMlp(['evaluate', 'model.safetensors', '--data', 'set', '--pictures', 'as-is'], {
      cwd: folder,
    });
    expect(other.stderr).toContain('--pictures: expected centred, the conversion of the model, got as-is');
  });

  it('a set without its files names what there is', async () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'empty'));
    const empty = await edgeMlp(['train', '--data', 'empty'], { cwd: folder });
    expect(empty.stderr).toContain('or one folder of PNG files for each class, got neither');
    const emnist = await edgeMlp(['data', 'fetch', 'emnist'], { cwd: folder });
    expect(emnist.stderr).toContain('got emnist: did you mean one of emnist-balanced, emnist-letters');
    const fashion = await edgeMlp(['train', '--data', 'fashion'], { cwd: folder });
    expect(fashion.stderr).toContain('got fashion: did you mean fashion-mnist?');
    expect([empty.code, emnist.code, fashion.code]).toEqual([1, 2, 2]);
  });
});

describe('classes of a model', () => {
  it('are found by name in the data that it is measured on', async () => {
    const folder = temporaryFolder();
    const first = await json(folder, 'train', '--data', 'digits', '--hidden', '20', '--epochs', '1', '--final');
    await edgeMlp(['export', 'model.safetensors', '--to', 'onnx', '--out', 'm.onnx'], { cwd: folder });
    const renamed = async (classes: string) => {
      await edgeMlp(['import', 'm.onnx', '--classes', classes, '--out', 'n.safetensors'], { cwd: folder });
      return edgeMlp(['evaluate', 'n.safetensors', '--data', 'digits', '--json'], { cwd: folder });
    };
    const samples = 2000;
    const same = JSON.parse((await renamed('0,1,2,3,4,5,6,7,8,9')).stdout);
    expect(same.accuracy).toBeCloseTo(first.testAccuracy, 6);
    // With reversed names, every correct prediction becomes a mistake.
    const reversed = JSON.parse((await renamed('9,8,7,6,5,4,3,2,1,0')).stdout);
    const mirrored = same.confusion.map((row: number[], n: number) => row[9 - n] ?? 0);
    const right = mirrored.reduce((sum: number, count: number) => sum + count, 0);
    expect(reversed.accuracy).toBeCloseTo(right / samples, 6);
    const unlike = await renamed('a,b,c,d,e,f,g,h,i,j');
    // Class names that are numbers match by label.
    expect(JSON.parse(unlike.stdout).accuracy).toBe(same.accuracy);
  });
});
