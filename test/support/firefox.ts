/**
 * Firefox, driven by WebDriver BiDi (https://www.w3.org/TR/webdriver-bidi/), which Firefox supports without another program.
 * playwright-core needs its own build of Firefox.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { FIREFOX } from './tools.ts';

const TIMEOUT_MS = 60_000;
/** Firefox resolves no names, so it connects only to this machine. */
const PREFERENCES = ['network.dns.disabled', 'datareporting.policy.dataSubmissionPolicyBypassNotification'];

export interface Firefox {
  readonly page: FirefoxPage;
  close(): Promise<void>;
}

/** Starts Firefox without a window, with an empty profile. Throws if it does not answer. */
export async function launchFirefox(): Promise<Firefox> {
  const profile = mkdtempSync(join(tmpdir(), 'edge-mlp-firefox-'));
  writeFileSync(join(profile, 'user.js'), PREFERENCES.map((name) => `user_pref("${name}", true);\n`).join(''));
  const args = ['--headless', '--no-remote', '--profile', profile, '--remote-debugging-port', '0'];
  // A process group, so that all processes of the browser end with it.
  const child = spawn(FIREFOX, args, { detached: true, stdio: ['ignore', 'ignore', 'pipe'] });
  const close = async () => {
    if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGKILL');
    rmSync(profile, { recursive: true, force: true, maxRetries: 9 });
  };
  try {
    const session = await Session.open(`${await readAddress(child.stderr)}/session`);
    return { page: await FirefoxPage.open(session), close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Firefox prints its address. Throws if it ends before. */
async function readAddress(output: NodeJS.ReadableStream): Promise<string> {
  for await (const line of createInterface({ input: output, signal: AbortSignal.timeout(TIMEOUT_MS) })) {
    const [, address] = /listening on (ws:\S+)/.exec(line) ?? [];
    if (address !== undefined) {
      output.resume();
      return address;
    }
  }
  throw new Error(`${FIREFOX} ended without an address`);
}

interface Message {
  readonly id?: number;
  readonly type: string;
  readonly method?: string;
  readonly params?: { readonly level?: string; readonly text?: string | null };
  readonly result?: unknown;
  readonly error?: string;
  readonly message?: string;
}

/** Commands and events over a WebSocket. */
class Session {
  readonly #socket: WebSocket;
  readonly #pending = new Map<number, PromiseWithResolvers<unknown>>();
  /** Errors and warnings on the console, and uncaught errors. */
  readonly troubles: string[] = [];
  #last = 0;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.addEventListener('message', ({ data }) => this.#receive(JSON.parse(String(data))));
  }

  static async open(address: string): Promise<Session> {
    const socket = new WebSocket(address);
    await once(socket, 'open', { signal: AbortSignal.timeout(TIMEOUT_MS) });
    return new Session(socket);
  }

  /** Throws if Firefox refuses the command. */
  async send<Result>(method: string, params: object): Promise<Result> {
    const id = ++this.#last;
    const answer = Promise.withResolvers<unknown>();
    this.#pending.set(id, answer);
    this.#socket.send(JSON.stringify({ id, method, params }));
    return (await answer.promise) as Result;
  }

  #receive({ id, type, method, params, result, error, message }: Message): void {
    if (method === 'log.entryAdded' && params !== undefined && ['error', 'warn'].includes(params.level ?? '')) {
      this.troubles.push(params.text ?? '');
    }
    const answer = this.#pending.get(id ?? 0);
    if (type === 'error') answer?.reject(new Error(`${error}: ${message}`));
    else answer?.resolve(result);
  }
}

type Point = readonly [x: number, y: number];

export class FirefoxPage {
  readonly #session: Session;
  readonly #context: string;

  private constructor(session: Session, context: string) {
    this.#session = session;
    this.#context = context;
  }

  static async open(session: Session): Promise<FirefoxPage> {
    await session.send('session.new', { capabilities: {} });
    await session.send('session.subscribe', { events: ['log.entryAdded'] });
    const { contexts } = await session.send<{ contexts: { context: string }[] }>('browsingContext.getTree', {});
    return new FirefoxPage(session, contexts[0]?.context ?? '');
  }

  get troubles(): readonly string[] {
    return this.#session.troubles;
  }

  async goto(url: string): Promise<void> {
    await this.#session.send('browsingContext.navigate', { context: this.#context, url, wait: 'complete' });
  }

  /** The value of an expression in the page, copied as JSON. Throws the error of the page. */
  async evaluate<Value>(expression: string): Promise<Value> {
    const { result, exceptionDetails } = await this.#session.send<{
      result?: { value?: string };
      exceptionDetails?: { text: string };
    }>('script.evaluate', {
      expression: `Promise.resolve(${expression}).then((value) => JSON.stringify(value ?? null))`,
      target: { context: this.#context },
      awaitPromise: true,
    });
    if (exceptionDetails !== undefined) throw new Error(`${expression}: ${exceptionDetails.text}`);
    return JSON.parse(result?.value ?? 'null') as Value;
  }

  /** Waits until the text of the first element that the selector finds matches. Returns the text. */
  async waitForText(selector: string, pattern: RegExp, timeoutMs = TIMEOUT_MS): Promise<string> {
    const deadline = Date.now() + timeoutMs;
    for (;;) {
      const text = await this.evaluate<string | null>(`document.querySelector(${JSON.stringify(selector)})?.innerText`);
      if (text !== null && pattern.test(text)) return text;
      if (Date.now() > deadline) throw new Error(`${selector}: expected ${pattern}, got ${text}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  async click(selector: string): Promise<void> {
    await this.drag(selector, [[0.5, 0.5]]);
  }

  /** Moves the pressed pointer over points of an element, each from [0, 0] to [1, 1]. */
  async drag(selector: string, points: readonly Point[]): Promise<void> {
    const box = await this.evaluate<{ x: number; y: number; width: number; height: number }>(`(() => {
      const element = document.querySelector(${JSON.stringify(selector)});
      element.scrollIntoView({ block: 'center', behavior: 'instant' });
      return element.getBoundingClientRect().toJSON();
    })()`);
    const moves = points.map(([x, y]) => ({
      type: 'pointerMove',
      x: Math.round(box.x + x * box.width),
      y: Math.round(box.y + y * box.height),
    }));
    const [first, ...others] = moves;
    const [down, up] = [
      { type: 'pointerDown', button: 0 },
      { type: 'pointerUp', button: 0 },
    ];
    await this.#perform({ type: 'pointer', id: 'mouse', actions: [first, down, ...others, up] });
  }

  /** Types a text into the focused element. */
  async type(text: string): Promise<void> {
    const actions = [...text].flatMap((value) => [
      { type: 'keyDown', value },
      { type: 'keyUp', value },
    ]);
    await this.#perform({ type: 'key', id: 'keyboard', actions });
  }

  async #perform(source: object): Promise<void> {
    await this.#session.send('input.performActions', { context: this.#context, actions: [source] });
  }
}
