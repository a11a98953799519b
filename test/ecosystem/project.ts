/** A project in a temporary folder, with the package and the tools of a case. */
import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { launchChromium } from '../support/browser.ts';
import { listen, listenForFiles } from '../support/files.ts';
import { ENVIRONMENT, start, waitForAnswer } from '../support/package.ts';
import { freePort } from '../support/service.ts';

const COMMAND_TIMEOUT_MS = 300_000;
const RESULT_TIMEOUT_MS = 60_000;

// Functions, not texts: pages with a Content-Security-Policy do not evaluate texts.
const hasResult = () => 'result' in globalThis;
const readResults = () => {
  const { result } = globalThis as unknown as { result: unknown };
  const written = Array.from(document.querySelectorAll('.result'), ({ textContent }) => JSON.parse(textContent));
  return [result, ...written];
};

/** Tools that would send statistics. */
const NO_TELEMETRY = { NEXT_TELEMETRY_DISABLED: '1', ASTRO_TELEMETRY_DISABLED: '1', WRANGLER_SEND_METRICS: 'false' };
const OFFLINE = { WRANGLER_HIDE_BANNER: 'true', CLOUDFLARE_CF_FETCH_ENABLED: 'false', DENO_NO_UPDATE_CHECK: '1' };

export class Project {
  /** The folder of the project, which has the package in its node_modules. */
  readonly folder: string;
  readonly #tools: string;
  readonly #cleanups: (() => unknown)[] = [];

  /** `tools` is the folder whose node_modules has the tools of the case. */
  constructor(folder: string, tools: string = folder) {
    this.folder = folder;
    this.#tools = tools;
  }

  /** Writes files by their paths. */
  write(files: Record<string, string | Uint8Array>): void {
    for (const [path, content] of Object.entries(files)) {
      mkdirSync(dirname(join(this.folder, path)), { recursive: true });
      writeFileSync(join(this.folder, path), content);
    }
  }

  /** The shipped model. */
  get model(): Uint8Array {
    return readFileSync(join(this.folder, 'node_modules/edge-mlp/dist/models/mnist.bin'));
  }

  /** Runs a tool to its end, and returns its stdout. Throws with its whole output. */
  run(tool: string, args: readonly string[], env: Record<string, string> = {}): Promise<string> {
    const options = {
      cwd: this.folder,
      env: { ...ENVIRONMENT, ...NO_TELEMETRY, ...OFFLINE, ...env },
      timeout: COMMAND_TIMEOUT_MS,
      maxBuffer: 2 ** 26,
    };
    return new Promise((resolve, reject) => {
      execFile(this.#bin(tool), args, options, (error, stdout, stderr) => {
        if (error === null) resolve(stdout);
        else
          reject(
            new Error(`${tool} ${args.join(' ')} ended with ${error.code ?? error.signal}:\n${stdout}\n${stderr}`),
          );
      });
    });
  }

  /** Runs a tool, and parses the last line that it prints. */
  async runJson(tool: string, args: readonly string[], env: Record<string, string> = {}): Promise<unknown> {
    return JSON.parse((await this.run(tool, args, env)).trim().split('\n').at(-1) ?? '');
  }

  /** Parses a file of the project. */
  readJson(path: string): unknown {
    return JSON.parse(readFileSync(join(this.folder, path), 'utf8'));
  }

  /** Starts a server with the arguments that `args` makes from a free port. Returns its URL when it answers. */
  async startServer(tool: string, args: (port: string) => readonly string[]): Promise<string> {
    const port = await freePort();
    const server = start(this.#bin(tool), args(String(port)), this.folder, { ...NO_TELEMETRY, ...OFFLINE });
    this.#cleanups.push(server.stop);
    const url = `http://127.0.0.1:${port}/`;
    await waitForAnswer(url, server);
    return url;
  }

  /** Serves a folder of the project. Returns the URL of its index.html. */
  async serve(folder: string, headers: Record<string, string> = {}): Promise<string> {
    const { url, close } = await listen(listenForFiles(join(this.folder, folder), headers));
    this.#cleanups.push(close);
    return `${url}/`;
  }

  /**
   * Opens a page in Chromium. Returns its `globalThis.result`, and the results that the server wrote into elements of
   * the class "result". Throws with the errors of the page.
   */
  async open(url: string): Promise<unknown[]> {
    const browser = await launchChromium();
    this.#cleanups.push(() => browser.close());
    const page = await browser.newPage();
    const troubles: string[] = [];
    page.on('console', (message) => troubles.push(message.text()));
    page.on('pageerror', (error) => troubles.push(error.message));
    await page.goto(url);
    await page.waitForFunction(hasResult, undefined, { timeout: RESULT_TIMEOUT_MS }).catch((error) => {
      throw new Error(`${error.message}\n${troubles.join('\n')}`);
    });
    return page.evaluate(readResults);
  }

  /** Ends servers and browsers. */
  async close(): Promise<void> {
    for (const cleanup of this.#cleanups.reverse()) await cleanup();
  }

  #bin(tool: string): string {
    return join(this.#tools, 'node_modules/.bin', tool);
  }
}
