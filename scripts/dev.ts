/**
 * npm run dev [-- options of `wrangler dev`]
 *
 * Starts the service on this machine with an admin token, which is kept in .dev.vars, and prints a link to the page that
 * carries the token. Builds first if something is not built.
 */
import { execSync, fork } from 'node:child_process';
import { appendFileSync, chmodSync, existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { parseArgs, parseEnv } from 'node:util';
import { parse } from 'smol-toml';
import { createToken, hashToken } from '../cli/tokens.ts';
import { QUIET } from './wrangler.ts';

interface LocalToken {
  /** Undefined if the file has only the hash. */
  readonly token: string | undefined;
  readonly isNew: boolean;
}

const WRANGLER = fileURLToPath(new URL('../node_modules/wrangler/bin/wrangler.js', import.meta.url));
const TOKEN_FILE = '.dev.vars';
const BUILT = ['build/kernels.wasm', 'build/webp.wasm', 'build/web/index.html', 'dist/cli/main.js'];
const OPTIONS = ['--inspector-port', '0', '--show-interactive-dev-session=false'];

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
const args = process.argv.slice(2);
await requireFreePort();
if (!BUILT.every((file) => existsSync(file))) execSync('npm run -s build', { stdio: 'inherit' });
// These options replace the tokens of the file.
const hasOtherTokens = args.some((arg) => /^(--var=)?TOKENS:|^--env-file/.test(arg));
startWrangler(hasOtherTokens ? undefined : prepareToken());

/** Ends the process if the port is malformed, or another program listens on it. */
async function requireFreePort(): Promise<void> {
  const { dev } = parse(readFileSync('wrangler.toml', 'utf8')) as { dev: { ip: string; port: number } };
  const { values } = parseArgs({ args, strict: false, options: { ip: { type: 'string' }, port: { type: 'string' } } });
  const wanted = values.port ?? dev.port;
  const port = Number(wanted);
  if (!(Number.isInteger(port) && port >= 0 && port < 2 ** 16)) {
    fail(`--port: expected a number from 0 to 65535, got ${wanted}`);
  }
  const server = createServer();
  const code = await new Promise((resolve) => {
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code));
    server.listen(port, String(values.ip ?? dev.ip), () => server.close(() => resolve('free')));
  });
  if (code === 'EADDRINUSE') {
    const step = `Stop the program that uses it, or choose another port:\n  npm run dev -- --port ${port + 1}`;
    fail(`port ${port} is in use. ${step}`);
  }
}

function fail(message: string): never {
  console.error(`error: ${message}`);
  process.exit(1);
}

/** Reads the token of the file. A file without TOKENS gets a token; its other lines stay. */
function prepareToken(): LocalToken {
  const text = existsSync(TOKEN_FILE) ? readFileSync(TOKEN_FILE, 'utf8') : '';
  const { TOKENS: lines, EDGE_MLP_TOKEN: kept } = parseEnv(text);
  if (lines) {
    return { token: kept !== undefined && lines.includes(hashToken(kept)) ? kept : undefined, isNew: false };
  }
  const { token, line } = createToken('local', ['admin']);
  const separator = text === '' || text.endsWith('\n') ? '' : '\n';
  appendFileSync(TOKEN_FILE, separator, { mode: 0o600 });
  // An existing file keeps its mode until here. Only then the token follows.
  chmodSync(TOKEN_FILE, 0o600);
  appendFileSync(TOKEN_FILE, `export TOKENS="${line}"\nexport EDGE_MLP_TOKEN="${token}"\n`);
  return { token, isNew: true };
}

function startWrangler(local: LocalToken | undefined): void {
  const child = fork(WRANGLER, ['dev', ...OPTIONS, ...args], { env: { ...process.env, ...QUIET } });
  child.on('message', (message) => {
    // The message with the address is JSON; others may have any form.
    if (typeof message !== 'string' || !message.includes('"DEV_SERVER_READY"')) return;
    void printAddress(`http://localhost:${JSON.parse(message).port}/`, local);
  });
  // On SIGTERM, wrangler stops its processes and ends.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => child.kill('SIGTERM'));
  child.on('exit', (code) => process.exit(code ?? 1));
}

async function printAddress(url: string, local: LocalToken | undefined): Promise<void> {
  // Wrangler prints an address without the token when the service answers. The link comes after it.
  await fetch(`${url}v2/health/live`).catch(() => undefined);
  console.log(`\nPage   ${url}${local?.token === undefined ? '' : `#token=${local.token}`}`);
  if (local?.token !== undefined) {
    const place = local.isNew ? `created and kept in ${TOKEN_FILE}` : `in ${TOKEN_FILE}`;
    console.log(`Token  ${place}; to use it in another terminal: source ${TOKEN_FILE}\n`);
  } else if (local !== undefined) {
    console.log(
      `Token  yours: ${TOKEN_FILE} has only hashes. For a token in the link, delete TOKENS from it and restart.\n`,
    );
  }
}
