/** Runs that are interrupted, resumed, or fail. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { formatModel, parseModel } from '../../src/format/index.ts';
import { DIGITS, edgeMlp, interruptAt, temporaryFolder, trainDigits } from '../support/cli.ts';

describe('train: interruption and resuming', () => {
  it('writes a checkpoint on Ctrl-C and prints the command to continue; the resumed run writes the same bytes', async () => {
    const folder = temporaryFolder();
    const options = [
      'train',
      '--data',
      'digits',
      '--hidden',
      '100',
      '--epochs',
      '6',
      '--momentum',
      '0.5',
      '--out',
      'x.safetensors',
    ];
    const unbroken = await edgeMlp([...options, '--json', '--out', 'whole.safetensors'], { cwd: folder });
    const stopped = await edgeMlp(options, { cwd: folder, onStderr: interruptAt(/^ +2 /m) });
    expect(stopped.code).toBe(130);
    expect(stopped.stderr).toMatch(
      /stopped after [\d,]+ steps; to continue, run\n {2}(npx edge-mlp|node \S+) train --resume x\.checkpoint\.safetensors --out x\.safetensors\n/,
    );
    expect(existsSync(join(folder, 'x.safetensors'))).toBe(false);
    const inspected = await edgeMlp(['inspect', 'x.checkpoint.safetensors'], { cwd: folder });
    expect(inspected.stdout).toMatch(/checkpoint after [\d,]+ steps/);
    // A second interrupted run with the same name keeps the first checkpoint.
    const kept = readFileSync(join(folder, 'x.checkpoint.safetensors'));
    const second = await edgeMlp(options, {
      cwd: folder,
      onStderr: interruptAt(/^ +1 /m),
    });
    expect(second.stderr).toContain('train --resume x-2.checkpoint.safetensors --out x.safetensors');
    expect(readFileSync(join(folder, 'x.checkpoint.safetensors')).equals(kept)).toBe(true);
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

  it('continues with one activation for each layer and with dropout', async () => {
    const folder = temporaryFolder();
    const recipe = { data: 'digits', hidden: [12, 9], activation: ['gelu', 'tanh'], dropout: 0.2, batchSize: 32 };
    writeFileSync(join(folder, 'recipe.json'), JSON.stringify(recipe));
    const train = async (...args: string[]) => {
      const { code, stdout, stderr } = await edgeMlp(['train', ...args, '--json'], { cwd: folder });
      expect({ code, stderr: stderr.match(/error.*/)?.[0] }).toEqual({ code: 0, stderr: undefined });
      return JSON.parse(stdout);
    };
    const whole = await train('--recipe', 'recipe.json', '--epochs', '2', '--out', 'whole.safetensors');
    expect(whole.spec).toEqual({ layers: [784, 12, 9, 10], hiddenActivation: ['gelu', 'tanh'] });
    expect(whole).toMatchObject({ initialisation: 'by-activation', options: { dropout: 0.2 } });
    await train('--recipe', 'recipe.json', '--epochs', '1', '--checkpoint', 'c.safetensors');
    const typed = ['--resume', 'c.safetensors', '--activation', 'gelu,tanh', '--dropout', '0.2', '--epochs', '2'];
    expect((await train(...typed)).weightsSha256).toBe(whole.weightsSha256);
    const refused = await edgeMlp(['train', '--resume', 'c.safetensors', '--activation', 'gelu'], { cwd: folder });
    expect(refused.stderr).toBe('error: --activation: expected gelu,tanh as in c.safetensors, got gelu\n');
  });

  it('refuses a checkpoint of another run', async () => {
    const folder = temporaryFolder();
    await trainDigits(folder, '--checkpoint', 'c.safetensors');
    const refused = await edgeMlp(['train', '--resume', 'c.safetensors', '--hidden', '21'], { cwd: folder });
    expect(refused).toMatchObject({ code: 1, stderr: 'error: --hidden: expected 20 as in c.safetensors, got 21\n' });
    const model = await edgeMlp(['train', '--resume', 'model.safetensors'], { cwd: folder });
    expect(model).toMatchObject({ code: 1 });
    expect(model.stderr).toContain('model.safetensors: expected a checkpoint of edge-mlp train, got a model file');
    const longer = await edgeMlp(['train', '--resume', 'c.safetensors', '--epochs', '2', '--json'], { cwd: folder });
    expect(JSON.parse(longer.stdout).epochs).toHaveLength(2);
  });

  it('writes the model if Ctrl-C arrives after the last epoch', async () => {
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
    expect(stopped.stderr).toContain('stopped after writing the model');
    expect(readdirSync(folder)).toEqual(['model.safetensors']);
  });

  it('flags of optimizer, schedule and augmentation must match the checkpoint', async () => {
    const folder = temporaryFolder();
    const schedule = ['--schedule', 'step', '--gamma', '0.5'];
    await trainDigits(
      folder,
      '--checkpoint',
      'c.safetensors',
      '--augment',
      'shift',
      '--optimizer',
      'adam',
      ...schedule,
    );
    const resume = (...flags: string[]) => edgeMlp(['train', '--resume', 'c.safetensors', ...flags], { cwd: folder });
    expect(await resume('--gamma', '0.5', '--augment-shift', '1.2', '--beta1', '0.9')).toMatchObject({ code: 0 });
    for (const [flag, value, own] of [
      ['--gamma', '0.4', '0.5'],
      ['--schedule', 'cosine', 'step'],
      ['--optimizer', 'sgd', 'adam'],
      ['--beta2', '0.9', '0.999'],
      ['--learning-rate', '0.1', '0.001'],
      ['--augment-shift', '3', '1.2'],
      ['--elastic-alpha', '9', 'none'],
    ] as const) {
      const message = `error: ${flag}: expected ${own} as in c.safetensors, got ${value}\n`;
      expect(await resume(flag, value)).toMatchObject({ code: 1, stderr: message });
    }
  });

  it('validates the options in a checkpoint', async () => {
    const folder = temporaryFolder();
    await trainDigits(folder, '--checkpoint', 'c.safetensors');
    const checkpoint = parseModel(new Uint8Array(readFileSync(join(folder, 'c.safetensors'))), 'c');
    const { options, ...rest } = checkpoint.run as { options: Record<string, unknown> };
    for (const [change, message] of [
      [
        { init: 'bogus' },
        'bad.safetensors: run.options.init: expected one of glorot, he, normal, by-activation, got "bogus"',
      ],
      [{ final: 'yes' }, 'bad.safetensors: run.options.final: expected true or false, got "yes"'],
      [{ data: 5 }, 'bad.safetensors: run.options.data: expected a text, got 5'],
    ] as const) {
      const run = { ...rest, options: { ...options, ...change } };
      writeFileSync(join(folder, 'bad.safetensors'), formatModel({ ...checkpoint, run }));
      const result = await edgeMlp(['train', '--resume', 'bad.safetensors'], { cwd: folder });
      expect(result).toMatchObject({ code: 1, stderr: `error: ${message}\n` });
    }
  });

  it('writes the model to the temporary folder if its path cannot be written', async () => {
    const folder = temporaryFolder();
    const away = join(folder, 'away');
    mkdirSync(away);
    const result = await edgeMlp(['train', ...DIGITS, '--out', 'away/m.safetensors'], {
      cwd: folder,
      env: { TMPDIR: folder },
      onStderr: () => rmSync(away, { recursive: true, force: true }),
    });
    expect(result.code).toBe(1);
    const [, instead = ''] =
      result.stderr.match(
        /error: cannot write away.m\.safetensors: no such file or folder; the model was written to (\S+)/,
      ) ?? [];
    expect(parseModel(new Uint8Array(readFileSync(instead)), instead).info.spec.layers).toEqual([784, 20, 10]);
  });

  it('stops at divergence and keeps the last checkpoint', async () => {
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
});
