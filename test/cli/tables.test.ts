/** Tables with texts, gaps and other dialects, through the commands. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseModel } from '../../src/format/model-file.ts';
import { edgeMlp, temporaryFolder } from '../support/cli.ts';

/** Fruit: the colour decides, and some cells are missing. */
const ROWS = Array.from({ length: 60 }, (_, n) => {
  const [colour, kind] = n % 2 === 0 ? ['red', 'cherry'] : [n % 3 === 0 ? '' : 'blue', 'plum'];
  return `${n};2024-01-0${1 + (n % 9)};${n % 10 === 4 ? 'NA' : `${1 + (n % 7)},5`};${colour};${kind}`;
});
const TABLE = `id;day;mass;colour;kind\n${ROWS.join('\n')}\n`;
const READ = ['--ignore', 'id,day', '--decimal', ',', '--missing', 'mean'];

async function run(args: string[], cwd: string, input?: string) {
  const { code, stdout, stderr } = await edgeMlp(args, { cwd, ...(input === undefined ? {} : { input }) });
  return { code, stdout, error: stderr.match(/error: .*/)?.[0], stderr };
}

function makeFolder(): string {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'fruit.csv'), TABLE);
  return folder;
}

describe('a table with texts and gaps', () => {
  it('is trained, evaluated and predicted with the columns in the model', async () => {
    const folder = makeFolder();
    const train = [
      'train',
      '--data',
      'fruit.csv',
      ...READ,
      '--hidden',
      '4',
      '--epochs',
      '30',
      '--out',
      'fruit.safetensors',
    ];
    expect(await run(train, folder)).toMatchObject({ code: 0, error: undefined });
    const { info } = parseModel(readFileSync(join(folder, 'fruit.safetensors')), 'the model');
    expect(info.features).toEqual(['mass', 'colour=blue', 'colour=red']);
    const [mass, colour] = info.tableColumns ?? [];
    expect(mass).toMatchObject({ kind: 'number', name: 'mass', fill: expect.any(Number) });
    expect(colour).toMatchObject({ kind: 'categories', name: 'colour', categories: ['blue', 'red'] });

    const evaluated = await run(
      ['evaluate', 'fruit.safetensors', '--data', 'fruit.csv', '--decimal', ',', '--json'],
      folder,
    );
    expect(JSON.parse(evaluated.stdout)).toMatchObject({ samples: 60, accuracy: expect.any(Number) });

    writeFileSync(join(folder, 'new.csv'), 'colour,mass\nred,2.5\nblue,NA\n');
    const predicted = await run(['predict', 'fruit.safetensors', 'new.csv', '--json'], folder);
    expect(predicted.stderr).toContain('new.csv: filled 1 missing cell (mass 1) with the values of the model');
    const classes = JSON.parse(predicted.stdout).predictions.map((answer: { class: string }) => answer.class);
    expect(classes).toEqual(['cherry', 'plum']);

    writeFileSync(join(folder, 'sample.json'), '{"mass": 2.5, "colour": "red"}');
    const sample = await run(['predict', 'fruit.safetensors', 'sample.json', '--json'], folder);
    expect(JSON.parse(sample.stdout).predictions[0].probabilities).toEqual(
      JSON.parse(predicted.stdout).predictions[0].probabilities,
    );

    writeFileSync(join(folder, 'green.csv'), 'colour,mass\ngreen,2.5\n');
    expect(await run(['predict', 'fruit.safetensors', 'green.csv'], folder)).toMatchObject({
      code: 1,
      error: expect.stringContaining('got "green": use --unknown zeros to accept other categories'),
    });
    const zeros = await run(['predict', 'fruit.safetensors', 'green.csv', '--unknown', 'zeros'], folder);
    expect(zeros).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('colour: 1 cell with a category that the model does not have'),
    });
  });

  it('continues from a checkpoint with its options, and refuses others', async () => {
    const folder = makeFolder();
    const train = [
      'train',
      '--data',
      'fruit.csv',
      ...READ,
      '--hidden',
      '4',
      '--epochs',
      '2',
      '--checkpoint',
      'run.safetensors',
    ];
    expect(await run(train, folder)).toMatchObject({ code: 0 });
    expect(await run(['train', '--resume', 'run.safetensors', '--epochs', '3'], folder)).toMatchObject({ code: 0 });
    expect(await run(['train', '--resume', 'run.safetensors', '--missing', 'drop'], folder)).toMatchObject({
      code: 1,
      error: 'error: --missing: expected mean as in run.safetensors, got drop',
    });
  });

  it('is read by repeat, and described by data info', async () => {
    const folder = makeFolder();
    const repeat = [
      'repeat',
      '--data',
      'fruit.csv',
      ...READ,
      '--hidden',
      '3',
      '--epochs',
      '2',
      '--seeds',
      '2',
      '--json',
    ];
    expect(await run(repeat, folder)).toMatchObject({ code: 0, error: undefined });
    const info = await run(['data', 'info', 'fruit.csv', ...READ, '--json'], folder);
    expect(JSON.parse(info.stdout)).toMatchObject({ training: { samples: 60, inputs: 3 } });
  });

  it('is read by a recipe with names that have commas', async () => {
    const folder = makeFolder();
    writeFileSync(join(folder, 'cm.csv'), 'id,"width, cm",kind\n1,2,a\n2,3,b\n3,2,a\n4,3,b\n');
    writeFileSync(join(folder, 'recipe.json'), '{"features": ["width, cm", "id"], "epochs": 1, "label": "kind"}');
    const train = ['train', '--data', 'cm.csv', '--recipe', 'recipe.json', '--out', 'cm.safetensors'];
    expect(await run(train, folder)).toMatchObject({ code: 0, error: undefined });
    const { info } = parseModel(readFileSync(join(folder, 'cm.safetensors')), 'the model');
    expect(info.features).toEqual(['width, cm', 'id']);
  });

  it.each([
    [[], 'got 2 columns that cannot be: day (dates), mass ("1,5", a decimal comma): drop them with --ignore day,mass'],
    [
      ['--ignore', 'id,day', '--decimal', ','],
      'got 16 missing cells (mass 6, colour 10), first in line 5 of fruit.csv: drop the rows with --missing drop',
    ],
    [['--ignore', 'di'], 'expected a column "di", got id, day, mass, colour, kind'],
    [['--delimiter', ','], 'fruit.csv: '],
  ])('is refused in one line with %j', async (args, message) => {
    const { code, error } = await run(['train', '--data', 'fruit.csv', ...args], makeFolder());
    expect(code).toBe(1);
    expect(error).toContain(message);
  });
});

describe('the columns of a model', () => {
  const PLANTS = `long,wide,kind\n${Array.from({ length: 40 }, (_, n) => `${n % 9},${(n * 7) % 5},${n % 9 > 4 ? '+' : '-'}`).join('\n')}\n`;
  const NETWORK = ['--hidden', '3', '--epochs', '2', '--out', 'm.safetensors'];

  async function trainPlants(): Promise<string> {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'plants.csv'), PLANTS);
    expect(await run(['train', '--data', 'plants.csv', ...NETWORK], folder)).toMatchObject({ code: 0 });
    return folder;
  }

  it('are not changed by options', async () => {
    const folder = await trainPlants();
    const evaluate = ['evaluate', 'm.safetensors', '--data', 'plants.csv'];
    const train = ['train', '--from', 'm.safetensors', '--data', 'plants.csv', '--epochs', '1'];
    const quantize = [
      'export',
      'm.safetensors',
      '--quantize',
      'int8',
      '--out',
      'q.safetensors',
      '--data',
      'plants.csv',
    ];
    for (const [command, flag, value] of [
      [evaluate, '--features', 'wide,long'],
      [evaluate, '--max-categories', '3'],
      [evaluate, '--target', 'wide'],
      [quantize, '--ignore', 'long'],
      [train, '--categories', 'long'],
    ] as const) {
      const message = `error: ${flag} cannot be given: the model file defines the columns`;
      expect(await run([...command, flag, value], folder)).toMatchObject({ code: 2, error: message });
    }
    expect(await run([...evaluate, '--missing', 'mean'], folder)).toMatchObject({
      code: 2,
      error: 'error: --missing: expected drop, because the model file defines the values of missing cells, got mean',
    });
    expect(await run([...evaluate, '--pictures', 'centred'], folder)).toMatchObject({
      code: 2,
      error: expect.stringContaining('--pictures cannot be combined with plants.csv'),
    });
  });

  it('have the classes + and -, also in a table without +', async () => {
    const folder = await trainPlants();
    writeFileSync(join(folder, 'minus.csv'), 'long,wide,kind\n1,2,-\n2,3,-\n');
    const { stdout } = await run(['evaluate', 'm.safetensors', '--data', 'minus.csv', '--json'], folder);
    expect(JSON.parse(stdout)).toMatchObject({ samples: 2 });
  });

  it('are needed to keep others', async () => {
    const folder = await trainPlants();
    writeFileSync(join(folder, 'sample.json'), '[1, 2]');
    expect(await run(['predict', 'm.safetensors', 'sample.json', '--keep', 'id'], folder)).toMatchObject({
      code: 2,
      error: 'error: --keep cannot be combined with sample.json: it names columns of a table',
    });
  });
});
