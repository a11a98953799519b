/** Validation samples and test files of tables. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { edgeMlp, temporaryFolder } from '../support/cli.ts';

/** 40 samples of one class, then 10 of another and one of a third. */
const KINDS = [...Array(40).fill('a'), ...Array(10).fill('b'), 'c'];
const CSV = `x,y,kind\n${KINDS.map((kind, i) => `${i},${(i * 7) % 11},${kind}`).join('\n')}\n`;

async function train(folder: string, ...options: string[]) {
  writeFileSync(join(folder, 'kinds.csv'), CSV);
  const args = ['train', '--data', 'kinds.csv', '--hidden', '4', '--epochs', '2', ...options, '--json'];
  const { code, stdout, stderr } = await edgeMlp(args, { cwd: folder });
  return { stderr, summary: code === 0 ? JSON.parse(stdout) : undefined };
}

describe('validation samples', () => {
  it('are a fraction of the samples, also in a recipe, and in a resumed run', async () => {
    const folder = temporaryFolder();
    const { summary } = await train(folder, '--validation', '0.2', '--checkpoint', 'c.safetensors');
    expect(summary.data.samples).toBe(41);
    writeFileSync(join(folder, 'r.json'), '{"validation":0.2}');
    const { summary: again } = await train(folder, '--recipe', 'r.json');
    expect(again.weightsSha256).toBe(summary.weightsSha256);
    const args = ['train', '--resume', 'c.safetensors', '--validation', '0.2', '--epochs', '3', '--json'];
    const resumed = JSON.parse((await edgeMlp(args, { cwd: folder })).stdout);
    const { summary: whole } = await train(folder, '--validation', '10', '--epochs', '3');
    expect(resumed.weightsSha256).toBe(whole.weightsSha256);
  });
});

describe('--test', () => {
  it('measures the trained model on another file, with the columns in any order', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'test.csv'), 'kind,y,more,x\na,0,1,3\nb,9,2,44\n');
    const { summary, stderr } = await train(folder, '--test', 'test.csv', '--report', 'r.html');
    expect(stderr).toMatch(/46 training samples, 5 validation samples, 2 test samples/);
    const measured = await edgeMlp(['evaluate', 'model.safetensors', '--data', 'test.csv', '--json'], { cwd: folder });
    expect(JSON.parse(measured.stdout)).toMatchObject({ loss: summary.testLoss, accuracy: summary.testAccuracy });
    const inspected = await edgeMlp(['inspect', 'model.safetensors', '--json'], { cwd: folder });
    const { provenance } = JSON.parse(inspected.stdout);
    expect(provenance.test).toMatchObject({ samples: 2, loss: summary.testLoss });
  });

  it('does not accept the training file, other columns or other classes', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'columns.csv'), 'x,kind\n1,a\n');
    writeFileSync(join(folder, 'classes.csv'), 'x,y,kind\n1,2,d\n');
    const messages = [];
    for (const file of ['kinds.csv', 'columns.csv', 'classes.csv']) {
      messages.push((await train(folder, '--test', file)).stderr.split('\n').at(-2));
    }
    expect(messages).toEqual([
      'error: --test and --data must be different files, got kinds.csv for both',
      'error: columns.csv: expected a column "y", got x, kind',
      'error: classes.csv: line 2: expected one of the labels a, b, c, got "d"',
    ]);
  });
});

describe('evaluate on the training file', () => {
  const evaluate = (folder: string, ...args: string[]) =>
    edgeMlp(['evaluate', 'model.safetensors', ...args], { cwd: folder });

  it('says so, and measures the samples that were held out', async () => {
    const folder = temporaryFolder();
    const { summary } = await train(folder, '--validation', '0.3', '--seed', '5');
    writeFileSync(join(folder, 'copy.csv'), CSV);
    for (const args of [[], ['--data', 'copy.csv']]) {
      const { stderr } = await evaluate(folder, ...args);
      expect(stderr).toContain('The model was trained on 36 of these 51 samples, so the figures are too good.');
      expect(stderr).toContain('For a fair measure use --part validation for the 15 others');
      const json = JSON.parse((await evaluate(folder, ...args, '--json')).stdout);
      expect(json).toMatchObject({ samples: 51, data: { part: 'all', trainedOn: 36 } });
      const { stdout } = await evaluate(folder, ...args, '--part', 'validation', '--json');
      const { validationLoss: loss, validationAccuracy: accuracy } = summary.epochs[1];
      expect(JSON.parse(stdout)).toMatchObject({ samples: 15, loss, accuracy, data: { trainedOn: 0 } });
    }
  });

  it('says nothing about other samples, which have no validation part', async () => {
    const folder = temporaryFolder();
    await train(folder, '--final');
    writeFileSync(join(folder, 'other.csv'), CSV.replace('\n0,', '\n0.5,'));
    expect(await evaluate(folder, '--data', 'other.csv')).toMatchObject({ code: 0, stderr: '' });
    const { stderr } = await evaluate(folder, '--data', 'other.csv', '--part', 'validation');
    expect(stderr).toContain('other.csv: expected the data that the model was trained on, got other data');
    const own = await evaluate(folder, '--part', 'validation');
    expect(own.stderr).toContain('kinds.csv: the training of the model held out no samples');
  });
});
