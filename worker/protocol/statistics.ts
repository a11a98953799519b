/** The extension `statistics`: counts since the start of this isolate. Each isolate has its own. */

interface Counter {
  count: number;
  ns: number;
}

interface ModelStatistics {
  lastInference: number;
  inferenceCount: number;
  executionCount: number;
  readonly success: Counter;
  readonly fail: Counter;
  readonly batches: Map<number, Counter>;
}

export class Statistics {
  readonly #models = new Map<string, ModelStatistics>();

  /** `milliseconds` by the clock, which stands still on Cloudflare while the Worker computes. */
  addSuccess(name: string, version: number, batch: number, milliseconds: number): void {
    const model = this.#get(name, version);
    model.lastInference = Date.now();
    model.inferenceCount += batch;
    model.executionCount++;
    const counters = [model.success, model.batches.get(batch) ?? { count: 0, ns: 0 }];
    for (const counter of counters) {
      counter.count++;
      counter.ns += Math.round(1e6 * milliseconds);
    }
    model.batches.set(batch, counters[1] ?? { count: 0, ns: 0 });
  }

  addFailure(name: string, version: number): void {
    this.#get(name, version).fail.count++;
  }

  /** Statistics of one version, in the form of the protocol. */
  report(name: string, version: number) {
    const { lastInference, inferenceCount, executionCount, success, fail, batches } = this.#get(name, version);
    const nothing = { count: 0, ns: 0 };
    return {
      name,
      version: String(version),
      last_inference: lastInference,
      inference_count: inferenceCount,
      execution_count: executionCount,
      inference_stats: {
        success,
        fail,
        queue: nothing,
        compute_input: nothing,
        compute_infer: success,
        compute_output: nothing,
        cache_hit: nothing,
        cache_miss: nothing,
      },
      batch_stats: [...batches].map(([batch_size, compute_infer]) => {
        return { batch_size, compute_input: nothing, compute_infer, compute_output: nothing };
      }),
    };
  }

  /** Versions with statistics. */
  get known(): [name: string, version: number][] {
    return [...this.#models.keys()].map((key) => {
      const at = key.lastIndexOf('/');
      return [key.slice(0, at), Number(key.slice(at + 1))];
    });
  }

  #get(name: string, version: number): ModelStatistics {
    const key = `${name}/${version}`;
    const statistics = this.#models.get(key) ?? {
      lastInference: 0,
      inferenceCount: 0,
      executionCount: 0,
      success: { count: 0, ns: 0 },
      fail: { count: 0, ns: 0 },
      batches: new Map(),
    };
    this.#models.set(key, statistics);
    return statistics;
  }
}
