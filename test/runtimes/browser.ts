/** Runs the program in a browser: serves page.html, starts the browser with its address, and waits for the result. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { CHROMIUM_FLAGS } from '../support/browser.ts';
import { listen, listenForFiles } from '../support/files.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** For one run in one runtime. */
export const TIMEOUT_MS = 120_000;
const PAGE = '/test/runtimes/page.html';

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
  const sendFile = listenForFiles(ROOT);
  const server = await listen(async (request, response) => {
    if (request.method === 'POST') posted.resolve(await text(request));
    else sendFile(request, response);
  });
  // A process group, so that all processes of the browser end with it.
  const child = spawn(program, [...args(profile), `${server.url}${PAGE}`], { detached: true, stdio: 'ignore' });
  const ended = once(child, 'exit', { signal: AbortSignal.timeout(TIMEOUT_MS) }).then(([code]) => {
    throw new Error(`${program} ended with ${code} and no result`);
  });
  try {
    return await Promise.race([posted.promise, ended]);
  } finally {
    if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGKILL');
    server.close();
    rmSync(profile, { recursive: true, force: true, maxRetries: 9 });
  }
}
