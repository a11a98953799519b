/** A run of this tab that is queued or training: it starts the worker, keeps the job up to date, and tells watchers. */
import { isOver, type Job, type JobEvent, type JobState } from '../../src/client/index.ts';
import { errorMessage } from '../../src/core/errors.ts';
import type { Parameters } from '../../src/core/parameters.ts';
import type { LocalRun } from './local-run.ts';
import { getValue, putValue } from './storage.ts';
import type { StoredTable } from './table-choice.ts';
import { startWorker, type TrainingWorker } from './training-client.ts';
import type { PlaneData, Report } from './worker-messages.ts';

/** An event without its number. */
type News = JobEvent extends infer Event ? (Event extends JobEvent ? Omit<Event, 'id'> : never) : never;
type Watcher = (event: JobEvent) => void;

export class ActiveRun {
  readonly #watchers = new Set<Watcher>();
  readonly #ended = Promise.withResolvers<void>();
  #run: LocalRun;
  #worker: TrainingWorker | undefined;
  #events = 0;
  /** The latest weights of a small network. */
  #parameters: Parameters | undefined;
  #plane: PlaneData | undefined;

  constructor(run: LocalRun) {
    this.#run = run;
  }

  get run(): LocalRun {
    return this.#run;
  }

  /** Number of the last event. */
  get lastEvent(): number {
    return this.#events;
  }

  get parameters(): Parameters | undefined {
    return this.#parameters;
  }

  /** Undefined before the first step, and for networks without two inputs. */
  get plane(): PlaneData | undefined {
    return this.#plane;
  }

  /** Resolves when the run is over. */
  get ended(): Promise<void> {
    return this.#ended.promise;
  }

  watch(watcher: Watcher): void {
    this.#watchers.add(watcher);
  }

  unwatch(watcher: Watcher): void {
    this.#watchers.delete(watcher);
  }

  /** Trains in a worker until the run is over. */
  async train(): Promise<void> {
    if (isOver(this.#run.job.state)) return;
    await this.#setState({ status: 'running' });
    try {
      const table = await getValue<StoredTable>('table', this.#run.job.spec.data);
      // The run may have been stopped meanwhile.
      if (isOver(this.#run.job.state)) return;
      this.#worker = startWorker((report) => void this.#receive(report));
      this.#worker.send({ type: 'train', run: this.#run, table });
    } catch (error) {
      await this.#end({ status: 'failed', code: 'file', reason: errorMessage(error) });
    }
    await this.ended;
  }

  /** Ends a queued run at once, and a training run after its current slice. */
  async stop(): Promise<void> {
    if (this.#worker === undefined) await this.#end({ status: 'cancelled' });
    else this.#worker.send({ type: 'stop' });
    await this.ended;
  }

  async #receive(report: Report): Promise<void> {
    switch (report.type) {
      case 'progress': {
        const { progress, ended, computeMs, parameters } = report;
        const { job } = this.#run;
        this.#parameters = parameters;
        this.#update({ progress, history: [...job.history, ...ended], computeMs: job.computeMs + computeMs });
        for (const metrics of ended) this.#tell({ type: 'epoch', metrics });
        return this.#tell({ type: 'progress', ...progress });
      }
      case 'opened':
        this.#plane = report.plane;
        return;
      case 'kept':
        return this.#save();
      case 'stopped':
        return this.#end({ status: 'cancelled' });
      case 'failed':
        return this.#end({ status: 'failed', code: report.code, reason: report.message });
      case 'finished': {
        const { weightsSha256, validation, evaluation, classes } = report;
        this.#run = { ...this.#run, evaluation, classes };
        const measures = validation === undefined ? {} : { validation };
        const result = { weightsSha256, ...measures, test: null, published: null };
        return this.#end({ status: 'succeeded', result });
      }
    }
  }

  async #end(state: JobState): Promise<void> {
    this.#worker?.terminate();
    await this.#setState(state);
    this.#ended.resolve();
  }

  /** A full disk must not end the training. */
  async #setState(state: JobState): Promise<void> {
    this.#update({ state });
    await this.#save();
    this.#tell({ type: 'state', state });
  }

  #update(changes: Partial<Job>): void {
    this.#run = { ...this.#run, job: { ...this.#run.job, ...changes, updated: new Date().toISOString() } };
  }

  async #save(): Promise<void> {
    await putValue('run', this.#run.job.id, this.#run).catch(console.error);
  }

  #tell(news: News): void {
    const event = { id: ++this.#events, ...news } as JobEvent;
    for (const watcher of this.#watchers) watcher(event);
  }
}
