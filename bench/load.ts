/** Records of a load: latencies, answers by class, and resident memory. */
import { readdirSync, readFileSync } from 'node:fs';

const BARS = '▁▂▃▄▅▆▇█';
const PAGE_KB = 4;

/** Latencies and answers of one kind of client. */
export class Record {
  readonly #milliseconds: number[] = [];
  /** Number of answers by status; `none` for those that broke off. */
  readonly answers = new Map<number | 'none', number>();

  /** Sends a request and records its answer and its time until the last byte. */
  async send(url: string, init: RequestInit): Promise<number | 'none'> {
    const started = performance.now();
    const answer = await this.#receive(() => fetch(url, init));
    this.#milliseconds.push(performance.now() - started);
    return answer;
  }

  /** Records the answers to the requests of a client of the service. */
  wrap(): (request: Request) => Promise<Response> {
    return async (request) => {
      const started = performance.now();
      let response: Response | undefined;
      await this.#receive(async () => {
        response = await fetch(request);
        return response.clone();
      });
      this.#milliseconds.push(performance.now() - started);
      if (response === undefined) throw new Error(`${request.url}: no answer`);
      return response;
    };
  }

  async #receive(request: () => Promise<Response>): Promise<number | 'none'> {
    let answer: number | 'none' = 'none';
    try {
      const response = await request();
      await response.arrayBuffer();
      answer = response.status;
    } catch {
      // Counted as an answer that broke off.
    }
    this.answers.set(answer, (this.answers.get(answer) ?? 0) + 1);
    return answer;
  }

  get count(): number {
    return this.#milliseconds.length;
  }

  percentile(share: number): number {
    const sorted = this.#milliseconds.toSorted((a, b) => a - b);
    return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
  }

  /** Number of answers that are faults of the service. 503 and 507 are refusals that name their reason. */
  get faults(): number {
    const isFault = (answer: number | 'none') =>
      answer === 'none' || (answer >= 500 && answer !== 503 && answer !== 507);
    return [...this.answers].reduce((sum, [answer, count]) => sum + (isFault(answer) ? count : 0), 0);
  }

  formatRow(name: string): string {
    const times = [0.5, 0.99, 0.999].map((share) => `${this.percentile(share).toFixed(1)} ms`).join(' | ');
    const answers = [...this.answers].sort().map(([answer, count]) => `${answer}: ${count.toLocaleString('en-US')}`);
    return `| ${name} | ${this.count.toLocaleString('en-US')} | ${times} | ${answers.join(', ')} |`;
  }
}

export const RECORD_HEADER = '| Client | Requests | p50 | p99 | p99.9 | Answers by status |\n|---|---|---|---|---|---|';

/** Resident megabytes of the workerd processes below a process; undefined without /proc. */
export function readResidentMB(root: number): number | undefined {
  if (process.platform !== 'linux') return undefined;
  const parents = new Map<number, number>();
  const names = new Map<number, string>();
  for (const entry of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const [, name = '', parent = ''] = /\((.*)\) \S (\d+)/.exec(readFileSync(`/proc/${entry}/stat`, 'utf8')) ?? [];
      parents.set(Number(entry), Number(parent));
      names.set(Number(entry), name);
    } catch {
      // The process has ended.
    }
  }
  const isBelow = (pid: number): boolean => pid === root || (pid > 1 && isBelow(parents.get(pid) ?? 0));
  const workers = [...parents.keys()].filter((pid) => names.get(pid) === 'workerd' && isBelow(pid));
  return workers.reduce((sum, pid) => {
    const pages = Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]);
    return sum + (pages * PAGE_KB) / 1024;
  }, 0);
}

/** One bar for each value, from the smallest to the greatest. */
export function drawSparkline(values: readonly number[]): string {
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const step = (most - least) / (BARS.length - 1) || 1;
  return values.map((value) => BARS[Math.round((value - least) / step)]).join('');
}

export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
