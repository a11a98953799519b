/** edge-mlp train and evaluate in separate processes. */
import { readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { DIGITS, edgeMlp, temporaryFolder, trainDigits } from '../support/cli.ts';

describe('train', () => {
  it('prints its results as JSON, and evaluate measures the same', async () => {
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

  it('writes identical files for the same seed, and other weights for another seed', async () => {
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

  it('holds out validation samples', async () => {
    const { summary, stderr } = await trainDigits(temporaryFolder(), '--validation', '300');
    expect(summary.data.samples).toBe(11_700);
    expect(summary.epochs[0].validationAccuracy).toBeGreaterThan(0.8);
    expect(summary.testLoss).toBeNull();
    expect(stderr).toContain('300 validation samples');
  });

  it('writes a report without external resources', async () => {
    const folder = temporaryFolder();
    const { summary } = await trainDigits(folder, '--final', '--report', 'report.html');
    const report = readFileSync(join(folder, 'report.html'), 'utf8');
    // Loss, accuracy, calibration.
    expect(report.match(/<svg [^>]*class="marks"/g)).toHaveLength(3);
    expect(report).toContain(`${(100 * summary.testAccuracy).toFixed(2)} %`);
    expect(report).toContain(summary.weightsSha256);
    expect(report).toContain('data:image/png;base64,');
    // Every URL is a data URL, an anchor or a namespace.
    expect(report.match(/(src|href)="(?!data:)/g)).toBeNull();
    expect(report).not.toContain('<script');
    expect(report).not.toContain('NaN');
  });

  it('finishes its work if the reader of its output is closed', async () => {
    const folder = temporaryFolder();
    const trained = await edgeMlp(['train', ...DIGITS], { cwd: folder, onStderr: (child) => child.stderr?.destroy() });
    expect(trained.code).toBe(0);
    expect(readdirSync(folder)).toEqual(['model.safetensors']);
    const shown = await edgeMlp(['evaluate', 'model.safetensors'], {
      cwd: folder,
      onSpawn: (child) => child.stdout?.destroy(),
    });
    expect(shown).toMatchObject({ code: 0, stderr: 'loading  digits\n' });
  });

  it('evaluate uses the training data of the model and refuses other data in its place', async () => {
    const folder = temporaryFolder();
    const set = (seed: string) =>
      edgeMlp(['data', 'digits', '--out', 'digits', '--samples', '50', '--test-samples', '30', '--seed', seed], {
        cwd: folder,
      });
    await set('5');
    await edgeMlp(['train', '--data', './digits', '--hidden', '5', '--epochs', '1'], { cwd: folder });
    const evaluated = await edgeMlp(['evaluate', 'model.safetensors', '--json'], { cwd: folder });
    expect(JSON.parse(evaluated.stdout)).toMatchObject({ samples: 30, data: { name: './digits', part: 'test' } });
    rmSync(join(folder, 'digits'), { recursive: true });
    await set('6');
    const changed = await edgeMlp(['evaluate', 'model.safetensors'], { cwd: folder });
    expect(changed).toMatchObject({ code: 1 });
    expect(changed.stderr).toContain(
      './digits: expected the data that the model was trained on, got other data; name the data with --data',
    );
    const elsewhere = await edgeMlp(['evaluate', join(folder, 'model.safetensors')], { cwd: temporaryFolder() });
    expect(elsewhere.stderr).toContain("./digits, the model's training data, was not found: name the data with --data");
  });

  it('never overwrites its inputs', async () => {
    const folder = temporaryFolder();
    const csv = `x,y,k\n${Array.from({ length: 40 }, (_, n) => `${n},${(n * 7) % 11},${n % 2}`).join('\n')}\n`;
    writeFileSync(join(folder, 'f.csv'), csv);
    symlinkSync('f.csv', join(folder, 'link'));
    const overData = await edgeMlp(['train', '--data', 'f.csv', '--epochs', '1', '--report', 'link'], { cwd: folder });
    expect(overData).toMatchObject({
      code: 2,
      stderr: 'error: --report and --data must be different files, got link for both\n',
    });
    expect(readFileSync(join(folder, 'f.csv'), 'utf8')).toBe(csv);
    await edgeMlp(['train', '--data', 'f.csv', '--hidden', '3', '--epochs', '1', '--checkpoint', 'c'], { cwd: folder });
    const overCheckpoint = await edgeMlp(['train', '--resume', 'c', '--epochs', '2', '--out', 'c'], { cwd: folder });
    expect(overCheckpoint.stderr).toBe('error: --out and --resume must be different files, got c for both\n');
    const further = await edgeMlp(['train', '--resume', 'c', '--epochs', '2', '--checkpoint', 'c'], { cwd: folder });
    expect(further.code).toBe(0);
    const elsewhere = await edgeMlp(['train', '--resume', join(folder, 'c')], { cwd: temporaryFolder() });
    expect(elsewhere.stderr).toContain(
      "error: f.csv, the checkpoint's training data, was not found: name the data with --data",
    );
    const found = await edgeMlp(['train', '--resume', join(folder, 'c'), '--data', join(folder, 'f.csv')], {
      cwd: temporaryFolder(),
    });
    expect(found.code).toBe(0);
    // evaluate uses the whole file, and detects a changed file.
    const whole = await edgeMlp(['evaluate', 'model.safetensors'], { cwd: folder });
    expect(whole.stdout).toContain('data      f.csv, all samples');
    writeFileSync(join(folder, 'f.csv'), csv.replace('3,10,1', '3,9,1'));
    const other = await edgeMlp(['evaluate', 'model.safetensors'], { cwd: folder });
    expect(other.stderr).toContain('error: f.csv: expected the data that the model was trained on, got other data');
    const part = await edgeMlp(['evaluate', 'model.safetensors', '--data', 'f.csv', '--part', 'test'], { cwd: folder });
    expect(part).toMatchObject({ code: 2 });
  });

  it('uses digits if MNIST is not available, and fails with --data mnist', async () => {
    const folder = temporaryFolder();
    const fallback = await edgeMlp(['train', '--hidden', 'none', '--epochs', '1', '--json'], { cwd: folder });
    expect(fallback.code).toBe(0);
    expect(fallback.stderr).toContain('Using the generated set digits instead.');
    expect(JSON.parse(fallback.stdout).data.name).toBe('digits');
    const named = await edgeMlp(['train', '--data', 'mnist'], { cwd: folder });
    expect(named.code).toBe(1);
    expect(named.stderr).toContain(
      'error: MNIST: train-images-idx3-ubyte.gz was not found locally, and the download failed',
    );
  });

  it('standardises CSV features; the model scales other files in the same way', async () => {
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
    expect(JSON.parse(evaluated.stdout).data).toEqual({ name: 'points.csv', part: 'all', trainedOn: 270 });
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
