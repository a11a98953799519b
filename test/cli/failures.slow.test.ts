/** Signals, outputs that cannot be written, and files that vanish, in real processes. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { parseModel } from '../../src/format/index.ts';
import { DIGITS, edgeMlp, interruptAt, MAIN, TERMINAL, temporaryFolder, trainDigits } from '../support/cli.ts';
import { serve } from '../support/http.ts';
import { AVAILABLE } from '../support/tools.ts';

const EXIT_CODES = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;
const LONG = ['train', '--data', 'digits', '--hidden', '50', '--epochs', '4', '--out', 'm.safetensors'];
/** The model file of `LONG`. */
let whole: Buffer;
beforeAll(async () => {
  const cwd = mkdtempSync(join(tmpdir(), 'edge-mlp-test-'));
  await edgeMlp(LONG, { cwd });
  whole = readFileSync(join(cwd, 'm.safetensors'));
  rmSync(cwd, { recursive: true });
});
const SHOW_CURSOR = '\x1b[?25h';

function readModel(path: string) {
  return parseModel(new Uint8Array(readFileSync(path)), path);
}

describe('signals', () => {
  it.each(['SIGHUP', 'SIGINT', 'SIGTERM'] as const)(
    '%s saves a training run, which continues bit-identically',
    async (signal) => {
      const cwd = temporaryFolder();
      const stopped = await edgeMlp(LONG, { cwd, env: TERMINAL, onStderr: interruptAt(/ 2 {5}\d/, signal) });
      expect(stopped).toMatchObject({
        code: EXIT_CODES[signal],
        stderr: expect.stringContaining('to continue, run\n  '),
      });
      expect(readdirSync(cwd)).toEqual(['m.checkpoint.safetensors']);
      const resumed = await edgeMlp(['train', '--resume', 'm.checkpoint.safetensors'], { cwd });
      expect(resumed.code).toBe(0);
      expect(readFileSync(join(cwd, 'model.safetensors')).equals(whole)).toBe(true);
    },
  );

  it('SIGKILL at any moment leaves a whole checkpoint, which continues bit-identically', async () => {
    const cwd = temporaryFolder();
    const checkpoint = join(cwd, 'c.safetensors');
    for (const delay of [0, 3, 7, 15, 31, 62]) {
      await edgeMlp([...LONG, '--checkpoint', 'c.safetensors'], {
        cwd,
        onStderr: (child, text) => {
          if (/^ +1 /m.test(text)) setTimeout(() => child.kill('SIGKILL'), delay);
        },
      });
      if (existsSync(checkpoint)) expect(readModel(checkpoint).checkpoint?.epoch).toBeGreaterThan(0);
    }
    const resumed = await edgeMlp(['train', '--resume', 'c.safetensors'], { cwd });
    expect(resumed.code).toBe(0);
    expect(readFileSync(join(cwd, 'model.safetensors')).equals(whole)).toBe(true);
  });

  it('a second Ctrl-C ends a run that cannot save', async () => {
    const cwd = temporaryFolder();
    // Without a reader, a pipe blocks its writer: the first epoch's checkpoint never ends.
    execFileSync('mkfifo', [join(cwd, 'pipe')]);
    const stopped = await edgeMlp([...LONG, '--checkpoint', 'pipe'], {
      cwd,
      onStderr: (child, text) => {
        if (!/^ +1 /m.test(text)) return;
        child.kill('SIGINT');
        setTimeout(() => child.kill('SIGINT'), 500);
      },
    });
    expect([stopped.code, stopped.signal]).toEqual([null, 'SIGINT']);
    expect(stopped.stderr).not.toContain('stopped after');
  });

  it.each(['SIGHUP', 'SIGINT', 'SIGTERM'] as const)(
    '%s shows the cursor again and leaves no partial file',
    async (signal) => {
      const cwd = temporaryFolder();
      const url = await serve((_, response) => {
        response.writeHead(200, { 'content-length': 1000 }).write('a');
      });
      const stopped = await edgeMlp(['data', 'fetch', '--data-dir', 'mnist', '--mirror', `${url}/`], {
        cwd,
        env: TERMINAL,
        onStderr: interruptAt(/train-images/, signal),
      });
      expect(stopped.code).toBe(EXIT_CODES[signal]);
      expect(stopped.stderr.lastIndexOf(SHOW_CURSOR)).toBeGreaterThan(stopped.stderr.lastIndexOf('\x1b[?25l'));
      expect(readdirSync(cwd)).toEqual([]);
    },
  );
});

describe('requests that last', () => {
  const QUEUED = {
    id: 'j',
    spec: { epochs: 1 },
    layers: [2, 2],
    state: { status: 'queued' },
    progress: null,
    history: [],
  };

  it.each([
    ['jobs watch', ['jobs', 'watch', 'j'], 'stopped watching; the job continues'],
    ['data push', ['data', 'push', '--data', 'rows.csv'], 'stopped: the service has 0 of 2 samples'],
  ])('Ctrl-C ends %s while the service is silent', async (_, args, message) => {
    const cwd = temporaryFolder();
    writeFileSync(join(cwd, 'rows.csv'), 'x,kind\n1,a\n2,b\n');
    const silent = Promise.withResolvers<void>();
    const url = await serve(({ url: path, method }, response) => {
      if (method === 'GET' && path === '/jobs/j') response.end(JSON.stringify(QUEUED));
      else if (path?.endsWith('/pieces')) response.writeHead(404).end('{}');
      else silent.resolve();
    });
    const stopped = await edgeMlp([...args, '--remote', url], {
      cwd,
      onSpawn: (child) => void silent.promise.then(() => child.kill('SIGINT')),
    });
    expect(stopped).toMatchObject({ code: 130, stderr: expect.stringContaining(message) });
  });

  it.each([
    ['models list', ['models', 'list']],
    ['predict', ['predict', 'mnist', 'x.json']],
    ['sweep', ['sweep', '--data', 'digits', '--seeds', '1']],
  ])('%s repeats a request that the service refuses for a second', async (_, args) => {
    const cwd = temporaryFolder();
    writeFileSync(join(cwd, 'x.json'), '[1]');
    let requests = 0;
    const url = await serve((request, response) => {
      request.resume();
      const [status, error] = requests++ === 0 ? [429, 'slowly'] : [404, 'known again'];
      response.writeHead(status, { 'retry-after': '1' }).end(JSON.stringify({ error }));
    });
    const repeated = await edgeMlp([...args, '--remote', url], { cwd });
    expect(repeated).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/asks to wait: continues in [12] s\nerror: .*known again/),
    });
    expect(requests).toBe(2);
  });
});

/** Runs a command with a stream that refuses every write. */
async function runInto(device: string, stream: 'stdout' | 'stderr', args: readonly string[], cwd: string) {
  const refusing = openSync(device, 'w');
  const stdio = ['ignore', stream === 'stdout' ? refusing : 'pipe', stream === 'stderr' ? refusing : 'pipe'] as const;
  const child: ChildProcess = spawn(process.execPath, [MAIN, ...args], { cwd, stdio: [...stdio] });
  closeSync(refusing);
  let other = '';
  for (const open of [child.stdout, child.stderr])
    open?.on('data', (chunk) => {
      other += chunk;
    });
  const code = await new Promise((resolve) => child.on('close', resolve));
  return { code, other };
}

describe('outputs that cannot be written', () => {
  it('a full disk behind stdout does not cost the model, and is an error', async () => {
    const cwd = temporaryFolder();
    const trained = await runInto('/dev/full', 'stdout', ['train', ...DIGITS, '--json'], cwd);
    expect(trained).toEqual({
      code: 1,
      other: expect.stringMatching(/error: cannot write standard output: the disk is full\n$/),
    });
    expect(readModel(join(cwd, 'model.safetensors')).info.spec.layers).toEqual([784, 20, 10]);
    for (const args of [['inspect', 'model.safetensors'], ['--help'], ['train', '--help'], ['token']]) {
      const { code, other } = await runInto('/dev/full', 'stdout', args, cwd);
      expect([args, code, other]).toEqual([args, 1, 'error: cannot write standard output: the disk is full\n']);
    }
  });

  it('progress that cannot be written changes nothing', async () => {
    const cwd = temporaryFolder();
    const trained = await runInto('/dev/full', 'stderr', ['train', ...DIGITS, '--json'], cwd);
    expect(trained.code).toBe(0);
    expect(JSON.parse(trained.other).epochs).toHaveLength(1);
    expect(await runInto('/dev/full', 'stderr', ['inspect', 'none'], cwd)).toEqual({ code: 1, other: '' });
  });

  it('a reader that closes stdout and stderr does not stop any command', async () => {
    const cwd = temporaryFolder();
    await trainDigits(cwd);
    const before = readdirSync(cwd);
    const commands = [
      ['inspect', 'model.safetensors'],
      ['evaluate', 'model.safetensors'],
      ['train', ...DIGITS, '--epochs', '3', '--out', 'second.safetensors', '--report', 'second.html', '--json'],
      ['repeat', '--data', 'ellipse', '--epochs', '2', '--seeds', '2', '--out', 'repeated'],
      ['export', 'model.safetensors', '--out', 'm.onnx'],
      ['data', 'digits', '--out', 'digits', '--samples', '10', '--test-samples', '10'],
      ['data', 'info', 'digits'],
      ['gradcheck'],
      ['--help'],
    ];
    for (const args of commands) {
      const onSpawn = ({ stdout, stderr }: ChildProcess) => {
        stdout?.destroy();
        stderr?.destroy();
      };
      const { code, signal } = await edgeMlp(args, { cwd, onSpawn, env: { EDGE_MLP_CACHE: join(cwd, 'cache') } });
      expect([args, code, signal]).toEqual([args, 0, null]);
    }
    const written = ['second.safetensors', 'second.html', 'repeated', 'm.onnx', 'digits', 'cache'];
    expect(readdirSync(cwd).sort()).toEqual([...before, ...written].sort());
  });

  it('a limit on the size of files is an error in words', async () => {
    const cwd = temporaryFolder();
    const limited = (...args: string[]) =>
      execFileSync('bash', ['-c', 'ulimit -f 20; "$@" 2>&1 || true', '', process.execPath, MAIN, ...args], {
        cwd,
        encoding: 'utf8',
      });
    const output = limited('train', ...DIGITS, '--epochs', '2', '--checkpoint', 'c.safetensors');
    expect(
      output.match(/warning: cannot write c\.safetensors: the file is larger than the limit of the system/g),
    ).toHaveLength(2);
    expect(output).toMatch(
      /error: cannot write model\.safetensors: the file is larger than the limit of the system \(ulimit -f\)\n$/,
    );
    expect(readdirSync(cwd)).toEqual([]);
  });

  it.skipIf(!AVAILABLE.smallDisk)('a full disk costs neither the weights nor the file that was there', async () => {
    const cwd = temporaryFolder();
    const disk = join(cwd, 'disk');
    mkdirSync(disk);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=32k', 'tmpfs', disk]);
    onTestFinished(() => {
      execFileSync('umount', [disk]);
    });
    writeFileSync(join(disk, 'm.safetensors'), 'earlier');
    const options = [
      'train',
      ...DIGITS,
      '--epochs',
      '2',
      '--out',
      'disk/m.safetensors',
      '--checkpoint',
      'disk/c.safetensors',
    ];
    const trained = await edgeMlp(options, { cwd, env: { TMPDIR: cwd } });
    expect(
      trained.stderr.match(/warning: cannot write disk\/c\.safetensors: the disk is full; training continues/g),
    ).toHaveLength(2);
    const [, place = ''] =
      /error: cannot write disk\/m\.safetensors: the disk is full; the model was written to (\S+)\n$/.exec(
        trained.stderr,
      ) ?? [];
    expect([trained.code, readModel(place).info.spec.layers]).toEqual([1, [784, 20, 10]]);
    expect([readdirSync(disk), readFileSync(join(disk, 'm.safetensors'), 'utf8')]).toEqual([
      ['m.safetensors'],
      'earlier',
    ]);
    const exported = await edgeMlp(['export', place, '--out', 'disk/m.json'], { cwd });
    expect(exported).toMatchObject({ code: 1, stderr: 'error: cannot write disk/m.json: the disk is full\n' });
  });
});

describe.skipIf(!AVAILABLE.smallDisk)('a read-only disk', () => {
  it.each([
    [['train', ...DIGITS, '--out', 'disk/m.safetensors']],
    [['train', ...DIGITS, '--checkpoint', 'disk/c.safetensors']],
    [['train', ...DIGITS, '--report', 'disk/r.html']],
    [['repeat', '--data', 'ellipse', '--out', 'disk/repeat']],
    [['export', 'file', '--out', 'disk/m.json']],
    [['import', 'file', '--out', 'disk/m.safetensors']],
    [['data', 'digits', '--samples', '10', '--out', 'disk/digits']],
    [['data', 'show', '--data', 'digits', '--out', 'disk/samples.png']],
  ])('%j: an error before long work', async (args) => {
    const cwd = temporaryFolder();
    const disk = join(cwd, 'disk');
    mkdirSync(disk);
    writeFileSync(join(cwd, 'file'), 'text');
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'ro', 'tmpfs', disk]);
    onTestFinished(() => {
      execFileSync('umount', [disk]);
    });
    const failed = await edgeMlp(args, { cwd });
    expect(failed).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^(loading {2}digits\n)?error: cannot \S+ .*disk.*: the disk is read-only\n$/),
    });
  });
});

describe('checkpoints that cannot be written', () => {
  it('training continues with a warning, and the next epoch tries again', async () => {
    const cwd = temporaryFolder();
    const away = join(cwd, 'away');
    mkdirSync(away);
    const trained = await edgeMlp([...LONG, '--checkpoint', 'away/c.safetensors'], {
      cwd,
      onStderr: (_, text) => {
        if (!text.includes('warning') && /^epoch/m.test(text)) rmSync(away, { recursive: true, force: true });
        else if (!existsSync(away)) mkdirSync(away);
      },
    });
    expect(trained.code).toBe(0);
    expect(trained.stderr).toContain(
      'warning: cannot write away/c.safetensors: no such file or folder; training continues, and the next epoch tries again\n',
    );
    expect(readModel(join(away, 'c.safetensors')).checkpoint?.epoch).toBe(4);
    expect(existsSync(join(cwd, 'm.safetensors'))).toBe(true);
  });

  it('Ctrl-C writes the checkpoint elsewhere, and prints the command that continues from it', async () => {
    const cwd = temporaryFolder();
    const away = join(cwd, 'away');
    mkdirSync(away);
    const interrupt = interruptAt(/^ +2 /m);
    const stopped = await edgeMlp([...LONG, '--checkpoint', 'away/c.safetensors'], {
      cwd,
      env: { TMPDIR: cwd },
      onStderr: (child, text) => {
        rmSync(away, { recursive: true, force: true });
        interrupt(child, text);
      },
    });
    const [, place = '', command] =
      /cannot write away\/c\.safetensors: no such file or folder, so the checkpoint is (\S+); to continue, run\n {2}(.*)\n/.exec(
        stopped.stderr,
      ) ?? [];
    expect([stopped.code, command]).toEqual([130, expect.stringContaining(`--resume ${place} `)]);
    const resumed = await edgeMlp(['train', '--resume', place], { cwd });
    expect(resumed.code).toBe(0);
    expect(readFileSync(join(cwd, 'model.safetensors')).equals(whole)).toBe(true);
  });
});

describe('files in the wrong place', () => {
  it.each([
    [['inspect', 'folder']],
    [['evaluate', 'folder']],
    [['predict', 'folder', 'x.png']],
    [['predict', 'model.safetensors', 'folder']],
    [['train', '--data', 'folder']],
    [['train', '--data', 'folder.csv']],
    [['train', '--recipe', 'folder']],
    [['train', '--resume', 'folder']],
    [['train', '--from', 'folder']],
    [['train', ...DIGITS, '--out', 'folder']],
    [['train', ...DIGITS, '--checkpoint', 'folder']],
    [['train', ...DIGITS, '--report', 'folder']],
    [['train', '--data', 'mnist', '--data-dir', 'file']],
    [['repeat', '--data', 'ellipse', '--out', 'file']],
    [['data', 'digits', '--samples', '10', '--out', 'file']],
    [['data', 'fetch', '--data-dir', 'file']],
    [['data', 'show', '--data', 'digits', '--out', 'folder']],
    [['import', 'folder', '--out', 'x.safetensors']],
    [['import', 'file', '--out', 'folder']],
    [['export', 'model.safetensors', '--out', 'file/m.json']],
    [['inspect', `${'a'.repeat(300)}`]],
    [['inspect', 'loop']],
    [['train', '--data', 'loop']],
  ])('%j: an error in words', async (args) => {
    const cwd = temporaryFolder();
    mkdirSync(join(cwd, 'folder'));
    mkdirSync(join(cwd, 'folder.csv'));
    writeFileSync(join(cwd, 'file'), 'text');
    execFileSync('ln', ['-s', 'loop', join(cwd, 'loop')]);
    const failed = await edgeMlp(args, { cwd });
    expect(failed.code).toBeGreaterThan(0);
    expect(failed.stderr).toMatch(/^error: /m);
    expect(failed.stderr).not.toMatch(/bug in edge-mlp|E[A-Z]{4,}:|^ +at /m);
  });
});
