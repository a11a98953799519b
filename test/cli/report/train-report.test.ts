/** The report of edge-mlp train for a table: what it says agrees with the file and with the other outputs. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { Random } from '../../../src/index.ts';
import { edgeMlp, temporaryFolder } from '../../support/cli.ts';

const COLOURS = ['red', 'green', 'light blue'];

/** Labels depend on the price and the colour, and partly on chance. */
function writeTable(): { cwd: string; lines: string[] } {
  const cwd = temporaryFolder();
  const random = new Random(1, 'generation');
  const rows = Array.from({ length: 200 }, () => {
    const [price, colour] = [random.between(1, 100), random.below(3)];
    const kind = Number(colour === 0) + Number(price > 50) + random.uniform() > 1.2 ? 'good' : 'bad';
    return `${price.toFixed(2)},${COLOURS[colour]},${kind}`;
  });
  const lines = ['price,colour,kind', ...rows];
  writeFileSync(join(cwd, 'table.csv'), `${lines.join('\n')}\n`);
  return { cwd, lines };
}

/** The texts of the cells of the table after a heading, by row, the header first. */
function readTable(report: string, heading: string): string[][] {
  const section = report.slice(report.indexOf(`<h2>${heading}</h2>`));
  const table = /<table.*?<\/table>/s.exec(section)?.[0] ?? '';
  return [...table.matchAll(/<tr.*?<\/tr>/gs)].map(([row]) =>
    [...row.matchAll(/<t[hd][^>]*>(.*?)<\/t[hd]>/gs)].map(([, cell = '']) => cell.replace(/<[^>]+>/g, '')),
  );
}

const TRAIN = ['train', '--data', 'table.csv', '--hidden', '8', '--validation', '60'];

it('mistakes have the line and the values of the file; features are columns; the origin is complete', async () => {
  const { cwd, lines } = writeTable();
  const options = [...TRAIN, '--epochs', '20', '--report', 'r.html', '--json'];
  const summary = JSON.parse((await edgeMlp(options, { cwd })).stdout);
  const report = readFileSync(join(cwd, 'r.html'), 'utf8');

  const [header, ...mistakes] = readTable(report, 'Most confident mistakes');
  expect(header).toEqual(['line', 'true', 'predicted', 'probability', 'price', 'colour']);
  expect(mistakes.length).toBe(Math.round(60 * (1 - summary.kept.validationAccuracy)));
  for (const [line, label, , , price, colour] of mistakes) {
    const [filePrice, ...rest] = lines[Number(line) - 1]?.split(',') ?? [];
    expect([Number(price), colour, label]).toEqual([Number(filePrice), ...rest]);
  }
  const importance = readTable(report, 'Importance of the features');
  expect(importance.map(([name]) => name).sort()).toEqual(['colour', 'feature', 'price']);
  expect(report).toMatch(/Accuracy of 60 validation samples .* expected calibration error is \d+\.\d\d %/);

  const origin = Object.fromEntries(readTable(report, 'Provenance'));
  expect(origin).toMatchObject({
    command: `edge-mlp ${options.join(' ')}`,
    'edge-mlp': expect.stringMatching(/^\d+\.\d+\.\d+, \d{4}-\d\d-\d\d$/),
    machine: expect.stringContaining(process.version),
    'training set, SHA-256': summary.data.sha256,
    'validation set, SHA-256': expect.stringMatching(/^[0-9a-f]{64}$/),
    'weights, SHA-256': summary.weightsSha256,
  });
});

it('epochs have the training set at their ends, also those before a resume, and patience marks the kept one', async () => {
  const { cwd } = writeTable();
  const begun = [...TRAIN, '--epochs', '3', '--patience', '9', '--checkpoint', 'c.safetensors', '--report', 'a.html'];
  expect((await edgeMlp(begun, { cwd })).code).toBe(0);
  const resumed = ['train', '--resume', 'c.safetensors', '--epochs', '5', '--report', 'b.html', '--json'];
  const { kept, epochs } = JSON.parse((await edgeMlp(resumed, { cwd })).stdout);
  const [first, second] = ['a.html', 'b.html'].map((file) => readFileSync(join(cwd, file), 'utf8'));
  const rows = readTable(second ?? '', 'Epochs');
  expect(rows[0]?.slice(1, 5)).toEqual([
    'training loss',
    'training accuracy',
    'validation loss',
    'validation accuracy',
  ]);
  expect(rows.slice(1, 4)).toEqual(readTable(first ?? '', 'Epochs').slice(1));
  expect(rows.flat()).not.toContain('–');
  expect(rows.slice(1).map((row) => row[3])).toEqual(
    epochs.map(({ validationLoss }: { validationLoss: number }) => validationLoss.toFixed(4)),
  );
  expect(second).toContain(`<tr class="best"><th scope="row">${kept.epoch}</th>`);
  // The loss at the end of the first epoch is below its mean, which begins with the initial weights.
  expect(Number(rows[1]?.[1])).toBeLessThan(epochs[0].trainLoss);
});
