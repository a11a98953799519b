/** Runs the program in a browser: serves page.html, starts the browser with its address, and waits for the result. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { extname, join, normalize } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { CHROMIUM_FLAGS } from '../support/browser.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** For one run in one runtime. */
export const TIMEOUT_MS = 120_000;
const PAGE = '/test/runtimes/page.html';
const TYPES: Record<string, string> = { '.html': 'text/html', '.js': 'text/javascript', '.wasm': 'application/wasm' };

/** Firefox resolves no names, so it connects only to this machine. */
const FIREFOX_PREFERENCES = 'user_pref("network.dns.disabled", true);';

/** The browser's arguments for a new profile in an empty folder. */
type BrowserArguments = (profile: string) => string[];

export function chromiumArguments(profile: string): string[] {
  return ['--headless', `--user-data-dir=${profile}`, ...CHROMIUM_FLAGS];
}

export function firefoxArguments(profile: string): string[] {
  writeFileSync(join(profile, 'user.js'), FIREFOX_PREFERENCES);
  return ['--headless', '--no-remote', '--profile', profile];
}

/** Resolves to the text that the page posts. Rejects if the browser ends, or after TIMEOUT_MS. */
export async function runInBrowser(program: string, args: BrowserArguments): Promise<string> {
  const profile = mkdtempSync(join(tmpdir(), 'edge-mlp-browser-'));
  const posted = Promise.withResolvers<string>();
  const server = servePage(posted.resolve).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}${PAGE}`;
  // A process group, so that all processes of the browser end with it.
  const child = spawn(program, [...args(profile), url], { detached: true, stdio: 'ignore' });
  const ended = once(child, 'exit', { signal: AbortSignal.timeout(TIMEOUT_MS) }).then(([code]) => {
    throw new Error(`${program} ended with ${code} and no result`);
  });
  try {
    return await Promise.race([posted.promise, ended]);
  } finally {
    if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGKILL');
    server.close().closeAllConnections();
    rmSync(profile, { recursive: true, force: true, maxRetries: 9 });
  }
}

/** Serves the files of this project, and passes on what the page posts. */
function servePage(onPost: (body: string) => void): Server {
  return createServer(async (request, response) => {
    const file = join(ROOT, normalize(request.url ?? '/'));
    if (request.method === 'POST') onPost(await text(request));
    else if (!existsSync(file)) response.writeHead(404).end();
    else response.setHeader('content-type', TYPES[extname(file)] ?? 'text/plain').end(readFileSync(file));
  });
}
