/** edge-mlp models: push, list, promote, roll back and fetch. */
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { formatIdx } from '../../src/data/idx.ts';
import { parseModel } from '../../src/format/index.ts';
import { edgeMlp, temporaryFolder } from '../support/cli.ts';
import { type Service, startService } from '../support/service.ts';
import { TOKENS } from '../support/tokens.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

describe('edge-mlp models', () => {
  let service: Service;
  beforeAll(async () => {
    service = await startService();
  });
  afterAll(() => service?.stop());

  it('pushes two versions of a table model, promotes one, and rolls back', async () => {
    const cwd = temporaryFolder();
    copyFileSync(join(ROOT, 'examples/inputs/fruit.csv'), join(cwd, 'fruit.csv'));
    writeFileSync(join(cwd, 'sample.json'), '[60, 46, 50, 11]');
    const run = async (...args: string[]) => {
      const result = await edgeMlp(args, { cwd, env: { EDGE_MLP_TOKEN: TOKENS.admin } });
      expect({ args, ...result }).toMatchObject({ code: 0 });
      return result;
    };
    const models = (command: string, ...args: string[]) => run('models', command, '--remote', service.url, ...args);
    for (const [file, epochs] of [
      ['one.safetensors', '1'],
      ['two.safetensors', '40'],
    ] as const) {
      await run('train', '--data', 'fruit.csv', '--hidden', '8', '--epochs', epochs, '--out', file);
    }
    await run('export', 'two.safetensors', '--out', 'two.onnx');

    const first = await models('push', 'fruit', 'one.safetensors');
    expect(first.stderr).toMatch(
      /fruit@1\n.*4-8-4 sigmoid\n.*4 numbers, standardised\n.*apple, lemon, pear, soft, plum/,
    );
    // Without a number, it becomes the version after the last. Names are options, as ONNX files have none.
    const second = await models('push', 'fruit', 'two.onnx', '--json');
    expect(JSON.parse(second.stdout)).toMatchObject({ name: 'fruit', version: 2, layers: [4, 8, 4] });
    expect((await models('list')).stdout).toMatch(/fruit@1 .*served\n[^\n]*fruit@2 [^\n]*Z *\n/);

    await models('promote', 'fruit@2');
    expect((await models('list')).stdout).toMatch(/fruit@2 .*served/);
    const answered = await run('predict', '--remote', service.url, 'fruit@2', 'sample.json');
    expect(answered.stdout).toMatch(/^sample\.json +plum +\S+ % +label \d /m);
    // CSV by the columns of the model, and IDX as numbers: bit-identical to local predictions.
    writeFileSync(join(cwd, 'rows.csv'), 'kind,sugar,mass,length,diameter\n?,11,60,50,46\n?,2.5,110,78,58\n');
    writeFileSync(
      join(cwd, 'four.idx'),
      formatIdx({ shape: [4, 4], data: Uint8Array.from({ length: 16 }, (_, n) => 40 + n) }),
    );
    const files = ['rows.csv', 'four.idx', '--json'];
    const there = JSON.parse((await run('predict', '--remote', service.url, 'fruit@2', ...files)).stdout);
    const here = JSON.parse((await run('predict', 'two.safetensors', ...files)).stdout);
    expect(there.predictions).toHaveLength(6);
    expect(there.predictions).toEqual(here.predictions);
    await models('promote', 'fruit@1', '--json');
    expect((await models('list')).stdout).toMatch(/fruit@1 .*served/);

    await models('fetch', 'fruit', '--out', 'back.safetensors');
    expect(readFileSync(join(cwd, 'back.safetensors'))).toEqual(readFileSync(join(cwd, 'one.safetensors')));
    await models('fetch', 'fruit@2', '--out', 'second.safetensors');
    await models('delete', 'fruit@2');
    expect((await models('list')).stdout).not.toContain('fruit@2');
    const whole = await edgeMlp(['models', 'delete', '--remote', service.url, 'fruit'], { cwd });
    expect(whole).toMatchObject({ code: 2, stderr: expect.stringContaining('or a name and --all, got fruit') });
    const inspected = await run('inspect', 'second.safetensors', '--json');
    const trained = await run('inspect', 'two.safetensors', '--json');
    expect(JSON.parse(inspected.stdout).weightsSha256).toBe(JSON.parse(trained.stdout).weightsSha256);
  });

  it('pushes a file once; a job from it has the weights of train --from', async () => {
    const cwd = temporaryFolder();
    const run = async (...args: string[]) => {
      const result = await edgeMlp(args, { cwd, env: { EDGE_MLP_TOKEN: TOKENS.admin } });
      expect({ args, ...result }).toMatchObject({ code: 0 });
      return result;
    };
    await run('train', '--data', 'ellipse', '--epochs', '5', '--out', 'ellipse.safetensors');
    const push = () => run('models', 'push', '--remote', service.url, 'ellipse', 'ellipse.safetensors', '--json');
    expect(JSON.parse((await push()).stdout)).toMatchObject({ name: 'ellipse', version: 1 });
    expect(JSON.parse((await push()).stdout)).toMatchObject({ name: 'ellipse', version: 1 });
    const asked = ['--data', 'ellipse', '--epochs', '30', '--seed', '3', '--publish', 'ellipse', '--watch'];
    await run('jobs', 'start', '--remote', service.url, '--from', 'ellipse', ...asked);
    await run('models', 'fetch', '--remote', service.url, 'ellipse@2', '--out', 'there.safetensors');
    const here = ['--data', 'ellipse', '--epochs', '30', '--seed', '3', '--out', 'here.safetensors'];
    await run('train', '--from', 'ellipse.safetensors', ...here);
    const [there, local] = ['there', 'here'].map((name) =>
      parseModel(new Uint8Array(readFileSync(join(cwd, `${name}.safetensors`))), name),
    );
    expect(there?.parameters).toEqual(local?.parameters);
    expect(there?.info.provenance?.from).toBe(local?.info.provenance?.from);
    const wrong = ['jobs', 'start', '--remote', service.url, '--from', 'ellipse', '--data', 'ellipse', '--hidden', '4'];
    const refused = await edgeMlp(wrong, { cwd, env: { EDGE_MLP_TOKEN: TOKENS.admin } });
    expect(refused.stderr).toContain('hidden cannot be combined with from: the model defines it');
  });

  it('passes the description of an ONNX file, and reports errors', async () => {
    const cwd = temporaryFolder();
    const onnx = join(ROOT, 'examples/pytorch/digits.onnx');
    const models = (...args: string[]) =>
      edgeMlp(['models', ...args, '--remote', service.url, '--token', TOKENS.admin], { cwd });
    const few = await models('push', 'digits', onnx, '--classes', 'yes,no');
    expect(few).toMatchObject({ code: 1, stderr: expect.stringContaining('classes: expected 10 different names') });
    const said = await models('push', 'digits', onnx, '--image', '28x28', '--mean', '0.5', '--std', '0.5');
    expect(said.stderr).toContain('inputs   28 × 28 pixels from 0 to 255, divided by 255');
    expect(await models('promote', 'digits')).toMatchObject({ code: 2, stderr: expect.stringContaining('iris@2') });
    expect(await models('promote', 'digits@9')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('version 9 of digits not found'),
    });
    expect(await models('push', 'digits', 'nothing.onnx')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('nothing.onnx'),
    });
    const stranger = await edgeMlp(['models', 'push', 'x', onnx, '--remote', service.url, '--token', 'wrong'], { cwd });
    expect(stranger).toMatchObject({ code: 1, stderr: expect.stringContaining('token') });
  });
});
