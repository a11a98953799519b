/** Facts about data that commands print: before training, and in `data info`. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { edgeMlp, temporaryFolder } from '../support/cli.ts';

/** 22 samples of one class, two of another and one of a third; one missing mass, two missing colours. */
const FRUIT = `id,mass,colour,kind\n${Array.from({ length: 25 }, (_, i) => {
  const kind = i < 22 ? 'apple' : i < 24 ? 'plum' : 'fig';
  return [100 - i, i === 3 ? 'NA' : i * 1.5, i === 4 || i === 5 ? '' : i % 2 === 0 ? 'red' : 'blue', kind].join();
}).join('\n')}\n`;

async function run(args: readonly string[]) {
  const cwd = temporaryFolder();
  writeFileSync(join(cwd, 'fruit.csv'), FRUIT);
  return await edgeMlp(args, { cwd });
}

const TRAIN = ['train', '--data', 'fruit.csv', '--hidden', '3', '--epochs', '1', '--ignore', 'id'];

describe('the plan of a training run', () => {
  it('has rows, columns and classes of a table', async () => {
    const { stderr } = await run([...TRAIN, '--missing', 'drop', '--validation', '2']);
    expect(stderr.split('\nnetwork')[0]).toBe(
      [
        'loading  fruit.csv',
        'rows     25, 3 dropped because of 3 missing cells (mass 1, colour 2)',
        'columns  1 number: mass',
        '         1 with categories: colour (2)',
        'ignored  id',
        'classes  3: apple 19 · fig 1 · plum 2',
        '         one sample each, which stays in training: fig',
        '         not balanced: --class-weight balanced gives each class the same weight in training',
      ].join('\n'),
    );
    const filled = await run([...TRAIN, '--missing', 'most-frequent']);
    expect(filled.stderr).toContain(
      '\nrows     25, 3 missing cells (mass 1, colour 2) filled with the most frequent value\n',
    );
  });

  it('is part of the JSON', async () => {
    const { stdout } = await run([...TRAIN, '--missing', 'drop', '--validation', '2', '--json']);
    expect(JSON.parse(stdout).plan).toMatchObject({
      classes: { apple: 19, fig: 1, plum: 2 },
      table: {
        ...{ rows: 25, dropped: 3, missing: { mass: 1, colour: 2 }, fill: null, ignored: ['id'] },
        columns: [
          { kind: 'number', name: 'mass', missing: 0, least: 0 },
          { kind: 'categories', name: 'colour', counts: { blue: 10, red: 12 } },
        ],
      },
      samples: { training: 20, validation: 2, test: null },
    });
  });

  it('is only the network, the data and the options for a generated set', async () => {
    const { stderr } = await run(['train', '--data', 'ellipse', '--epochs', '1']);
    expect(stderr).toMatch(/^loading {2}ellipse\nnetwork .*\ndata .*\noptions .*\n\nepoch/);
  });

  it.each([
    [['--data', 'digits', '--label', 'kind'], '--label cannot be combined with digits: it describes the columns'],
    [['--data', 'digits', '--no-header'], '--no-header cannot be combined with digits'],
    [
      ['--data', 'fruit.csv', '--pictures', 'as-is'],
      '--pictures cannot be combined with fruit.csv: it describes folders',
    ],
    [['--data', 'digits', '--pictures', 'as-is'], '--pictures cannot be combined with digits'],
  ])('refuses %j, which would have no effect', async (args, message) => {
    const { code, stderr } = await run(['train', ...args]);
    expect([code, stderr]).toEqual([2, expect.stringContaining(`error: ${message}`)]);
  });
});

describe('data info', () => {
  it('measures the columns of a table', async () => {
    const { stdout } = await run(['data', 'info', 'fruit.csv']);
    expect(stdout).toMatch(/\nnumber +missing +distinct +least +mean +deviation +greatest\n/);
    expect(stdout).toMatch(/\nid +0 +25 +76 +88 +7\.211 +100\n/);
    expect(stdout).toMatch(/\nmass +1 +24 +0 +18\.56 +10\.68 +36\n/);
    expect(stdout).toMatch(/\ncolour +2 +2 +red 12, blue 11\n/);
  });

  it('has the same figures in JSON', async () => {
    const { stdout } = await run(['data', 'info', 'fruit.csv', '--ignore', 'id', '--json']);
    const { table, training } = JSON.parse(stdout);
    expect(training).toMatchObject({ samples: 25, classes: { apple: 22, fig: 1, plum: 2 } });
    expect(table).toMatchObject({ rows: 25, dropped: 0, missing: { mass: 1, colour: 2 }, ignored: ['id'] });
    const masses = Array.from({ length: 25 }, (_, i) => i * 1.5).filter((_, i) => i !== 3);
    const mean = masses.reduce((sum, mass) => sum + mass, 0) / 24;
    expect(table.columns[0]).toMatchObject({ name: 'mass', missing: 1, distinct: 24, least: 0, mean, greatest: 36 });
  });
});
