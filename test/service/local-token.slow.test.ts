/** npm run dev in a fresh clone: the token in .dev.vars, the link to the page, and a port in use. */
import { spawnSync } from 'node:child_process';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { temporaryFolder } from '../support/cli.ts';
import { cloneRepository } from '../support/clone.ts';
import { ROOT, type RunningCommand, run, start } from '../support/package.ts';
import { freePort } from '../support/service.ts';

const MODEL = join(ROOT, 'models/mnist-784-300-10.int8.safetensors');

/** Starts it on a free port. Resolves with its output when the page's address is printed. */
async function startIn(clone: string): Promise<RunningCommand & { readonly port: number; readonly link: string }> {
  const port = await freePort();
  const args = ['run', '--silent', 'dev', '--', '--port', String(port), '--persist-to', join(clone, 'state')];
  const running = start('npm', args, clone);
  onTestFinished(running.stop);
  await expect.poll(running.log, { timeout: 45_000 }).toMatch(/^Page .*\nToken .*\n/m);
  const [, link = ''] = /^Page +(\S+)$/m.exec(running.log()) ?? [];
  return { ...running, port, link };
}

it('creates an admin token, prints it in the link at every start, and keeps it readable for its user only', async () => {
  const clone = temporaryFolder();
  cloneRepository(clone, { built: true });
  const service = await startIn(clone);
  const file = join(clone, '.dev.vars');
  const token = run('bash', ['-c', 'source .dev.vars && node -p process.env.EDGE_MLP_TOKEN'], clone).trim();
  expect(token).toMatch(/^emlp_\S{43}$/);
  expect(service.link).toBe(`http://localhost:${service.port}/#token=${token}`);
  expect(service.log()).toContain('created and kept in .dev.vars; to use it in another terminal: source .dev.vars');
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(run('git', ['-C', ROOT, 'check-ignore', '.dev.vars'], ROOT)).toBe('.dev.vars\n');

  const publish = (headers: Record<string, string>) =>
    fetch(`http://127.0.0.1:${service.port}/models/mine/versions`, {
      method: 'POST',
      headers,
      body: readFileSync(MODEL),
    });
  expect((await publish({ authorization: `Bearer ${token}` })).status).toBe(201);
  const refused = await publish({});
  expect(refused.status).toBe(401);
  expect(await refused.text()).toContain('open the link that `npm run dev` prints, or run `source .dev.vars`');

  const refuse = (port: string) =>
    spawnSync('npm', ['run', '--silent', 'dev', '--', '--port', port], { cwd: clone, encoding: 'utf8' });
  expect(refuse(String(service.port))).toMatchObject({
    status: 1,
    stderr:
      `error: port ${service.port} is in use. Stop the program that uses it, or choose another port:\n` +
      `  npm run dev -- --port ${service.port + 1}\n`,
  });
  expect(refuse('abc')).toMatchObject({
    status: 1,
    stderr: 'error: --port: expected a number from 0 to 65535, got abc\n',
  });
  await service.stop();
  const kept = readFileSync(file, 'utf8');
  const again = await startIn(clone);
  expect(again.link).toBe(`http://localhost:${again.port}/#token=${token}`);
  expect(again.log()).toContain('Token  in .dev.vars;');
  expect(readFileSync(file, 'utf8')).toBe(kept);
});

it('adds a token to a .dev.vars without one, and never replaces tokens', async () => {
  const clone = temporaryFolder();
  cloneRepository(clone, { built: true });
  const file = join(clone, '.dev.vars');
  writeFileSync(file, 'PREDICT_ACCESS=token\nTOKENS=');
  const service = await startIn(clone);
  const added = readFileSync(file, 'utf8');
  expect(added).toMatch(
    /^PREDICT_ACCESS=token\nTOKENS=\nexport TOKENS="local:admin:\S+"\nexport EDGE_MLP_TOKEN="\S+"\n$/,
  );
  expect(statSync(file).mode & 0o777).toBe(0o600);
  const predict = (headers: Record<string, string>) =>
    fetch(`http://127.0.0.1:${service.port}/predict`, { method: 'POST', headers, body: new Uint8Array(784) });
  const headers = { 'content-type': 'application/octet-stream' };
  expect((await predict(headers)).status).toBe(401);
  const [, token = ''] = service.link.split('#token=');
  expect((await predict({ ...headers, authorization: `Bearer ${token}` })).status).toBe(200);
  await service.stop();

  const hashes = added.replace(/export EDGE_MLP_TOKEN.*\n/, '');
  writeFileSync(file, hashes);
  const other = await startIn(clone);
  expect(other.link).toBe(`http://localhost:${other.port}/`);
  expect(other.log()).toContain(
    '.dev.vars has only hashes. For a token in the link, delete TOKENS from it and restart.',
  );
  expect(readFileSync(file, 'utf8')).toBe(hashes);
});
