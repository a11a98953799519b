/** `predict`: tables from standard input, folders of pictures, and CSV output. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encode } from 'fast-png';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { digitsDataset, explainPicture, type PictureStage } from '../../src/data/index.ts';
import { edgeMlp, temporaryFolder, trainDigits } from '../support/cli.ts';

/** The kinds are far apart, so that every answer is certain. */
const ROWS = Array.from({ length: 60 }, (_, i) => ({
  x: i % 2,
  y: (i % 7) / 10,
  kind: i % 2 === 0 ? 'low, left' : 'high',
}));
const TABLE = `x,y,kind\n${ROWS.map(({ x, y, kind }) => `${x},${y},"${kind}"`).join('\n')}\n`;
const UNKNOWN = 'ID,y,note,x\n7,0.1,"a, ""b""",1\n5,0.2,,0\n6,0.3,c,1\n';

describe('predict with a table', () => {
  const folder = mkdtempSync(join(tmpdir(), 'edge-mlp-test-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const predict = (args: readonly string[], input?: string) =>
    edgeMlp(['predict', 'm.safetensors', ...args], { cwd: folder, ...(input === undefined ? {} : { input }) });
  beforeAll(async () => {
    writeFileSync(join(folder, 'table.csv'), TABLE);
    writeFileSync(join(folder, 'unknown.csv'), UNKNOWN);
    const args = ['train', '--data', 'table.csv', '--hidden', '4', '--epochs', '30', '--learning-rate', '0.3'];
    expect((await edgeMlp([...args, '--out', 'm.safetensors'], { cwd: folder })).code).toBe(0);
  });

  it('writes CSV in the order of the rows, with a column id, and probabilities with all digits', async () => {
    const { code, stdout, stderr } = await predict(['unknown.csv', '--out', 'p.csv']);
    expect([code, stdout, stderr]).toEqual([0, '', 'p.csv: 3 predictions\n']);
    const [header, ...rows] = readFileSync(join(folder, 'p.csv'), 'utf8').trimEnd().split('\n');
    expect(header).toBe('ID,label,confidence,probability high,"probability low, left"');
    expect(rows.map((row) => /^(\d),(high|"low, left"),/.exec(row)?.slice(1))).toEqual([
      ['7', 'high'],
      ['5', '"low, left"'],
      ['6', 'high'],
    ]);
    const { predictions } = JSON.parse((await predict(['unknown.csv', '--json'])).stdout);
    const [confidence, ...probabilities] = (rows[0] ?? '').split(',').slice(2).map(Number);
    expect([confidence, ...probabilities].map((value = 0) => Math.fround(value))).toEqual([
      predictions[0].confidence,
      ...predictions[0].probabilities,
    ]);
    expect(predictions[0].kept).toEqual({ ID: '7' });
  });

  it('reads a table on standard input, and prints CSV', async () => {
    const file = await predict(['unknown.csv', '--csv']);
    expect(file.stdout.split('\n')).toHaveLength(5);
    expect(await predict(['-', '--csv'], UNKNOWN)).toEqual(file);
  });

  it('keeps named columns, and names the files if there are several', async () => {
    const { stdout } = await predict(['unknown.csv', 'table.csv', '--keep', 'x', '--csv']);
    const lines = stdout.trimEnd().split('\n');
    expect(lines).toHaveLength(64);
    expect(lines[0]).toMatch(/^file,x,label,confidence,/);
    expect([lines[1], lines[4]]).toEqual([
      expect.stringMatching(/^unknown\.csv,1,high,/),
      expect.stringMatching(/^table\.csv,0,"/),
    ]);
    const one = await predict(['unknown.csv', '--keep', 'note', '--csv']);
    expect(one.stdout).toContain('\n"a, ""b""",high,');
  });

  it.each([
    [['unknown.csv', '--keep', 'nothing'], 'unknown.csv: expected a column "nothing", got ID, y, note, x'],
    [['unknown.csv', '--csv', '--json'], '--csv cannot be combined with --json'],
    [['unknown.csv', '--out', 'unknown.csv'], '--out and the input must be different files'],
    [['unknown.csv', '--out', 'p.json'], '--out: expected a name ending in .csv'],
  ])('refuses %j', async (args, message) => {
    const { code, stderr } = await predict(args);
    expect(code).toBeGreaterThan(0);
    expect(stderr).toContain(`error: ${message}`);
    expect(readFileSync(join(folder, 'unknown.csv'), 'utf8')).toBe(UNKNOWN);
  });
});

describe('predict with a folder', () => {
  it('explains an image from standard input, and of a model that centres no image', async () => {
    const folder = temporaryFolder();
    await trainDigits(folder);
    const { inputs } = digitsDataset({ samples: 1, seed: 5 });
    const input = Buffer.from(encode({ width: 28, height: 28, data: Uint8Array.from(inputs), channels: 1 }));
    const args = ['predict', 'model.safetensors', '-', '--explain', 'stages.html'];
    const { stdout, stderr, code } = await edgeMlp(args, { cwd: folder, input });
    expect([code, stderr]).toEqual([0, 'stages.html: stages of 1 image\n']);
    expect(stdout).toMatch(/^- +\d +\d/m);
    const stages: PictureStage[] = [];
    const model = { imageShape: [2, 2], pictures: 'as-is' } as const;
    explainPicture({ width: 2, height: 2, pixels: Uint8Array.of(0, 1, 2, 3) }, model, 'tile', stages);
    expect(stages).toMatchObject([{ name: 'Model input' }]);
  });

  it('reads its PNG files and those of its subfolders, in the order of their names', async () => {
    const folder = temporaryFolder();
    await trainDigits(folder);
    const digits = digitsDataset({ samples: 3, seed: 5 });
    mkdirSync(join(folder, 'scans', 'b'), { recursive: true });
    let stages = 0;
    for (const [i, path] of ['b/2.png', 'a.PNG', 'b/1.png'].entries()) {
      const data = Uint8Array.from(digits.inputs.subarray(i * 784, (i + 1) * 784));
      stages += explainPicture({ width: 28, height: 28, pixels: data }, digits, path).stages.length;
      writeFileSync(join(folder, 'scans', path), encode({ width: 28, height: 28, data, channels: 1 }));
    }
    writeFileSync(join(folder, 'scans', '.hidden.png'), 'x');
    writeFileSync(join(folder, 'scans', 'notes.txt'), 'x');
    symlinkSync('.', join(folder, 'scans', 'loop'));
    const { code, stdout } = await edgeMlp(['predict', 'model.safetensors', 'scans', '--csv'], { cwd: folder });
    expect(code).toBe(0);
    const files = stdout
      .trimEnd()
      .split('\n')
      .map((line) => line.split(',')[0]);
    expect(files).toEqual(['file', join('scans', 'a.PNG'), join('scans', 'b', '1.png'), join('scans', 'b', '2.png')]);
    const explain = ['predict', 'model.safetensors', 'scans', '--explain', 'stages.html'];
    expect((await edgeMlp(explain, { cwd: folder })).stderr).toContain('stages.html: stages of 3 images');
    const page = readFileSync(join(folder, 'stages.html'), 'utf8');
    expect(stages).toBeGreaterThan(6);
    expect(page.match(/<img /g)).toHaveLength(stages);
    expect(page).toMatch(/<p>\d · \d\d\.\d % sure<\/p>/);
    mkdirSync(join(folder, 'none'));
    const none = await edgeMlp(['predict', 'model.safetensors', 'none'], { cwd: folder });
    expect(none).toMatchObject({ code: 1, stderr: 'error: none: expected PNG, JPEG or WebP files, got none\n' });
  });
});
