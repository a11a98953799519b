/**
 * npm run bench:http [-- --requests 100000 --rounds 6]
 *
 * Measures POST /predict against a minimal route of the same Worker, alternating between them. workerd, which has one
 * thread, and this process share the machine, so only the ratios carry over to a deployed Worker. The minimal route is
 * measured with GET and POST, because workerd handles a POST more slowly than a GET.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, type IncomingMessage, request } from 'node:http';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { parse } from 'smol-toml';
import { digitsDataset } from '../dist/src/data/index.js';
import { QUIET } from '../scripts/wrangler.ts';

const { values: flags } = parseArgs({
  options: { requests: { type: 'string', default: '100000' }, rounds: { type: 'string', default: '6' } },
});
const ROOT = fileURLToPath(new URL('..', import.meta.url));
const PORT = 18_787;
const CONNECTIONS = 8;
const ROUNDS = Number(flags.rounds);
/** Blocks per round; the order alternates between blocks, so that noise affects all contenders. */
const BLOCKS = 8;

interface Contender {
  readonly name: string;
  readonly path: string;
  readonly body?: Uint8Array | string;
  readonly type?: string;
  /** Relative number of requests; smaller for batches, which take longer. */
  readonly share: number;
}

const digits = digitsDataset({ samples: 100, seed: 3 });
const first = Uint8Array.from(digits.inputs.subarray(0, 784));
const batch = Array.from({ length: 100 }, (_, n) => [...digits.inputs.subarray(784 * n, 784 * (n + 1))]);

const CONTENDERS: readonly Contender[] = [
  {
    name: 'minimal route, POST of the same bytes',
    path: '/hello',
    body: first,
    type: 'application/octet-stream',
    share: 1,
  },
  { name: 'minimal route, GET', path: '/hello', share: 1 },
  { name: 'one digit, raw bytes', path: '/predict', body: first, type: 'application/octet-stream', share: 1 },
  { name: 'one digit, JSON', path: '/predict', body: JSON.stringify([...first]), type: 'application/json', share: 1 },
  {
    name: '100 digits, raw bytes',
    path: '/predict',
    body: Uint8Array.from(digits.inputs),
    type: 'application/octet-stream',
    share: 0.1,
  },
  { name: '100 digits, JSON', path: '/predict', body: JSON.stringify(batch), type: 'application/json', share: 0.05 },
];

interface Measurement {
  /** Milliseconds per request. */
  readonly latencies: number[];
  seconds: number;
  /** Processor time of the server, on Linux; NaN elsewhere. */
  cpuSeconds: number;
  readonly rates: number[];
}

let child: ChildProcess | undefined;
const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });

function send({ path, body, type }: Contender): Promise<number> {
  return new Promise((resolve, reject) => {
    const headers = body === undefined ? {} : { 'content-type': type, 'content-length': Buffer.byteLength(body) };
    const sent = request({
      port: PORT,
      host: '127.0.0.1',
      path,
      method: body === undefined ? 'GET' : 'POST',
      agent,
      headers,
    });
    sent.on('error', reject);
    sent.on('response', (response: IncomingMessage) => {
      response.on('error', reject);
      response.on('end', () => resolve(response.statusCode ?? 0));
      response.resume();
    });
    sent.end(body);
  });
}

async function load(contender: Contender, count: number, into: Measurement): Promise<void> {
  let left = count;
  const cpuBefore = readCpuSeconds();
  const loadStarted = performance.now();
  const connection = async () => {
    while (left-- > 0) {
      const started = performance.now();
      const status = await send(contender);
      if (status !== 200) throw new Error(`${contender.name}: expected 200, got ${status}`);
      into.latencies.push(performance.now() - started);
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, connection));
  const seconds = (performance.now() - loadStarted) / 1000;
  into.seconds += seconds;
  into.cpuSeconds += readCpuSeconds() - cpuBefore;
  into.rates.push(count / seconds);
}

/**
 * User and system time of the server in seconds: fields 14 and 15 of /proc/PID/stat, in 1/100 s (proc(5)). NaN without
 * /proc.
 */
function readCpuSeconds(): number {
  if (process.platform !== 'linux' || child === undefined) return Number.NaN;
  const fields = readFileSync(`/proc/${child.pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

/** Resident memory of a process in MB. */
function readResidentMegabytes(pid: number): number {
  return Number(execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' })) / 1024;
}

function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}

function median(values: readonly number[]): number {
  return percentile(
    values.toSorted((a, b) => a - b),
    0.5,
  );
}

async function waitUntilReady(child: ChildProcess): Promise<void> {
  for (let i = 0; i < 600 && child.exitCode === null; i++) {
    const status = await send(CONTENDERS[0] as Contender).catch(() => 0);
    if (status === 200) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`the service does not answer on port ${PORT}`);
}

/**
 * Writes a workerd configuration with the deployable bundle, because `wrangler dev` adds overhead. Returns its path.
 */
function writeWorkerdConfig(folder: string): string {
  const deploy = ['wrangler', 'deploy', '--dry-run', '--env', 'bench', '--outdir', folder];
  execFileSync('npx', deploy, { cwd: ROOT, env: { ...process.env, ...QUIET }, stdio: 'ignore' });
  const { compatibility_date: date } = parse(readFileSync(join(ROOT, 'wrangler.toml'), 'utf8'));
  const kinds: Record<string, string> = { '.js': 'esModule', '.wasm': 'wasm', '.safetensors': 'data' };
  const modules = readdirSync(folder)
    .filter((name) => kinds[extname(name)] !== undefined)
    // workerd uses the first module as the Worker.
    .sort((one) => (one === 'worker.js' ? -1 : 1))
    .map((name) => `(name = "${name}", ${kinds[extname(name)]} = embed "${name}")`);
  const config = join(folder, 'config.capnp');
  writeFileSync(
    config,
    `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = (modules = [${modules.join(', ')}], compatibilityDate = "${date}"))],
  sockets = [(name = "http", address = "127.0.0.1:${PORT}", http = (), service = "main")]
);
`,
  );
  return config;
}

const folder = mkdtempSync(join(tmpdir(), 'edge-mlp-http-'));
const workerd = createRequire(createRequire(import.meta.url).resolve('wrangler/package.json'))('workerd')
  .default as string;
child = spawn(workerd, ['serve', writeWorkerdConfig(folder)], { stdio: 'ignore' });
try {
  await waitUntilReady(child);
  const results = new Map<string, Measurement>(
    CONTENDERS.map(({ name }) => [name, { latencies: [], seconds: 0, cpuSeconds: 0, rates: [] }]),
  );
  for (const contender of CONTENDERS)
    await load(contender, 200, { latencies: [], seconds: 0, cpuSeconds: 0, rates: [] });
  const shares = CONTENDERS.reduce((sum, { share }) => sum + share, 0);
  const memory: number[] = [readResidentMegabytes(child?.pid ?? 0)];
  for (let round = 0; round < ROUNDS; round++) {
    // Batches cause garbage collections, so they run after the requests that are compared with the minimal route.
    for (const batches of [false, true]) {
      const group = CONTENDERS.filter(({ share }) => share < 1 === batches);
      for (let block = 0; block < BLOCKS; block++) {
        for (const contender of block % 2 === 0 ? group : group.toReversed()) {
          const count = Math.ceil((Number(flags.requests) * contender.share) / shares / ROUNDS / BLOCKS);
          const measured = results.get(contender.name);
          if (measured !== undefined) await load(contender, count, measured);
        }
      }
    }
    memory.push(readResidentMegabytes(child?.pid ?? 0));
    console.error(`round ${round + 1} of ${ROUNDS}: workerd uses ${memory.at(-1)?.toFixed(0)} MB`);
  }
  const baseline = median(results.get(CONTENDERS[0]?.name ?? '')?.rates ?? []);
  const total = [...results.values()].reduce((sum, { latencies }) => sum + latencies.length, 0);
  console.log(
    '| | requests per second | relative to the minimal route | p50 | p99 | CPU per request |\n|---|---|---|---|---|---|',
  );
  for (const [name, { latencies, rates, cpuSeconds: cpu }] of results) {
    const sorted = latencies.toSorted((a, b) => a - b);
    const [p50, p99] = [percentile(sorted, 0.5), percentile(sorted, 0.99)].map((ms) => `${ms.toFixed(2)} ms`);
    const rate = median(rates);
    console.log(
      `| ${name} | ${Math.round(rate).toLocaleString('en-US')} | ${((100 * rate) / baseline).toFixed(0)} % | ${p50} | ${p99} | ${((1e3 * cpu) / latencies.length).toFixed(3)} ms |`,
    );
  }
  const text = memory.map((megabytes) => megabytes.toFixed(0)).join(', ');
  console.log(
    `\n${total.toLocaleString('en-US')} requests, all answered with 200. Memory of workerd at the start and after each round: ${text} MB.`,
  );
} finally {
  agent.destroy();
  child.kill();
  rmSync(folder, { recursive: true, force: true });
}
