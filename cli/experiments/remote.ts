/** `sweep --remote`: a sweep that a service performs. The report is the same as for a local sweep. */
import { createHash, randomUUID } from 'node:crypto';
import {
  type Client,
  ClientError,
  type RunState,
  type Sweep,
  type SweepRequest,
  type SweepTrial,
} from '../../src/client/index.ts';
import { EdgeMlpError } from '../../src/core/errors.ts';
import { type Grid, variedOptions } from '../../src/core/grid.ts';
import { classMetrics } from '../../src/core/metrics.ts';
import { TRAINING_DEFAULTS } from '../../src/core/training-options.ts';
import { isGenerated } from '../../src/data/generated.ts';
import { parseModel } from '../../src/format/model-file.ts';
import { parseRun } from '../../src/format/run-file.ts';
import { Interruption } from '../interruption.ts';
import { VERSION } from '../model.ts';
import { formatCount, integer } from '../numbers.ts';
import { kebab } from '../options.ts';
import { callService, createClient, type RemoteOptions } from '../remote.ts';
import { bestTrial, type FullTrial, type Run, type Trial } from '../report/summary.ts';
import { trialLabel } from '../report/trial-label.ts';
import { note } from '../terminal.ts';
import type { RunMeasures } from '../training/run-spec.ts';
import { conclude } from './conclude.ts';
import { RunsDisplay } from './display.ts';
import type { Experiment } from './experiment.ts';
import { prepareReportFolder } from './report-folder.ts';

/** Interval of the requests for the state of the sweep. Each one calls the object of every run. */
const POLL_MS = 2000;

export async function runRemoteSweep(remote: RemoteOptions, experiment: Experiment): Promise<void> {
  const started = performance.now();
  const { options, formatCommand } = experiment;
  await prepareReportFolder(options.out);
  const interruption = new Interruption(
    'stopped following; a sweep that was started continues, and the same command follows it again',
  );
  const client = createClient(remote, interruption.abortSignal);
  const data = options.data ?? (await defaultData(client));
  const request = buildRequest(experiment, data);
  const key = options.fresh ? randomUUID() : await buildKey(client, request);
  const sweep = await callService(client, () => client.sweeps.start(request, key));
  const varied = variedOptions(experiment.grid);
  describe(sweep);

  const done = await follow({ client, interruption }, sweep, (trial) =>
    trialLabel({ ...TRAINING_DEFAULTS, init: undefined, ...trial.options }, varied),
  );
  const trials = done.trials.map((trial) => readTrial(trial, data));
  const runs = trials.flatMap((trial) => trial.runs);
  const best = await fetchBest(client, done, trials);
  const seconds = (performance.now() - started) / 1000;
  const provenance = {
    command: formatCommand(data),
    version: VERSION,
    date: new Date().toISOString().slice(0, 10),
    service: client.url.href,
    concurrency: done.concurrency,
    seconds,
    runSeconds: seconds,
    data: Object.entries(done.samples).map(([part, samples]) => ({ name: `${data}, ${part}`, samples, sha256: null })),
  };
  const { trial, model, classes } = best ?? { trial: undefined, model: undefined, classes: [] };
  const results = {
    trials,
    runs,
    varied,
    best: trial,
    probabilities: undefined,
    model,
    dataName: data,
    classes,
    provenance,
  };
  await conclude(results, { out: options.out, json: options.json, started });
}

/** MNIST, or the generated digits if the service does not have MNIST. */
async function defaultData(client: Client): Promise<string> {
  const names = await callService(client, () => client.datasets.names());
  if (names.includes('mnist')) return 'mnist';
  note(
    'The service has no data set mnist (upload it with edge-mlp data push). Using the generated set digits instead.',
  );
  return 'digits';
}

function buildRequest({ grid, seeds, options: { validation, scaling } }: Experiment, data: string): SweepRequest {
  const { init, hidden, activation, learningRate, batchSize, epochs, optimizer, ...rest } = grid;
  const { momentum, weightDecay, clipNorm, dropout, ...others } = rest;
  checkDefaults(others);
  const training = { learningRate, batchSize, epochs, optimizer, momentum, weightDecay, clipNorm, dropout };
  const lists = Object.entries<readonly unknown[]>({ hidden, activation, init, ...training });
  return {
    data,
    // The service has the defaults.
    grid: Object.fromEntries(lists.filter(([, values]) => values[0] !== undefined)) as SweepRequest['grid'] & object,
    seeds,
    ...(scaling === undefined ? {} : { scaling }),
    ...(validation === undefined ? {} : { validation }),
  };
}

/** Jobs of a service lack these options. Throws EdgeMlpError "bad-argument". */
function checkDefaults(options: Partial<Grid>): void {
  const defaults: Readonly<Record<string, unknown>> = { ...TRAINING_DEFAULTS };
  for (const [name, values] of Object.entries(options)) {
    if (values.every((value) => JSON.stringify(value) === JSON.stringify(defaults[name]))) continue;
    const message = `--${kebab(name)} cannot be combined with --remote: jobs of a service do not have this option`;
    throw new EdgeMlpError('bad-argument', message);
  }
}

/** Idempotency key: the same command finds its sweep again, unless the data has changed. */
async function buildKey(client: Client, request: SweepRequest): Promise<string> {
  const { data = '' } = request;
  const uploaded = (await callService(client, () => client.datasets.names())).includes(data) && !isGenerated(data);
  const identity = uploaded ? (await callService(client, () => client.datasets.get(data))).sha256 : null;
  return createHash('sha256')
    .update(JSON.stringify([VERSION, identity, request]))
    .digest('hex');
}

function describe({ id, data, samples, trials, concurrency }: Sweep): void {
  const runs = trials.reduce((sum, trial) => sum + trial.runs.length, 0);
  note(`sweep    ${id}`);
  note(
    `data     ${data}: ${integer(samples.training)} training samples, ${integer(samples.validation)} validation samples`,
  );
  note(`runs     ${runs}, ${formatCount(concurrency, 'concurrent job')}`, '');
}

/**
 * Waits for the end. Throws `Interrupted`, which does not stop the sweep, or EdgeMlpError "remote" if it was cancelled
 * or failed.
 */
async function follow(
  { client, interruption }: { readonly client: Client; readonly interruption: Interruption },
  started: Sweep,
  formatName: (trial: SweepTrial) => string,
): Promise<Sweep> {
  const runs = started.trials.flatMap((trial) => {
    return readTrial(trial, started.data).runs.map(({ spec }) => ({ spec, name: formatName(trial) }));
  });
  const display = new RunsDisplay(runs);
  const seen = new Set<string>();
  let sweep = started;
  try {
    for (;;) {
      showProgress(display, sweep, seen);
      if (sweep.state.status !== 'running') return requireFinished(sweep);
      await interruption.pause(POLL_MS);
      sweep = await callService(client, () => client.sweeps.get(started.id));
    }
  } finally {
    display.stop();
    interruption.stop();
  }
}

/** Prints a line for each run that has ended since the last call. */
function showProgress(display: RunsDisplay, sweep: Sweep, seen: Set<string>): void {
  let done = 0;
  let total = 0;
  for (const trial of sweep.trials) {
    const { runs } = readTrial(trial, sweep.data);
    trial.runs.forEach(({ job, state }, i) => {
      total++;
      done += state.status === 'running' ? state.share : Number(isOver(state));
      const run = runs[i];
      if (run === undefined || !isOver(state) || seen.has(job)) return;
      seen.add(job);
      display.finish(run, true);
    });
  }
  display.showProgress({ done, total });
}

/** Throws EdgeMlpError "remote". */
function requireFinished(sweep: Sweep): Sweep {
  const { id, state, trials } = sweep;
  if (state.status === 'finished') return sweep;
  const runs = trials.flatMap((trial) => trial.runs);
  const done = runs.filter((run) => run.state.status === 'succeeded').length;
  const what = state.status === 'failed' ? `failed: ${state.reason}` : 'was cancelled';
  const message = `sweep ${id} ${what}; ${done} of ${runs.length} runs are finished. Start a new sweep with --fresh.`;
  throw new EdgeMlpError('remote', message);
}

function isOver({ status }: RunState): boolean {
  return status === 'succeeded' || status === 'failed';
}

function readTrial({ options, layers, initialisation, runs }: SweepTrial, data: string): Trial {
  const { hidden, activation, init, ...served } = options;
  // The runs of a trial differ in the seed.
  const { seed: _, ...defaults } = TRAINING_DEFAULTS;
  const training = { ...defaults, ...served };
  return {
    options: { ...training, hidden, activation, init },
    runs: runs.map(({ seed, state }) => ({
      spec: { data, layers, hiddenActivation: activation, initialisation, training: { ...training, seed } },
      outcome: readOutcome(state),
      weightsSha256: state.status === 'succeeded' ? state.weightsSha256 : null,
      kept: false,
    })),
  };
}

function readOutcome(state: RunState): RunMeasures {
  if (state.status === 'succeeded') {
    const { epochs, validation } = state;
    const measured =
      validation !== null && 'confusion' in validation
        ? { ...validation, classes: classMetrics(validation.confusion) }
        : validation;
    return { status: 'succeeded', epochs, validation: measured, test: null };
  }
  const reason = state.status === 'failed' ? state.reason : 'the run was not performed';
  const diverged = state.status === 'failed' && state.code === 'diverged';
  return { status: 'failed', code: diverged ? 'diverged' : 'remote', reason };
}

/** The best trial with weights and steps, and the model file of its first seed. */
async function fetchBest(client: Client, sweep: Sweep, trials: readonly Trial[]) {
  const index = trials.length === 1 ? 0 : bestTrial(trials)?.index;
  if (index === undefined) return undefined;
  const [trial, { runs = [] } = {}] = [trials[index], sweep.trials[index]];
  const first = runs.find(({ state }) => state.status === 'succeeded');
  if (trial === undefined || first === undefined) return undefined;
  const model = await fetchModel(client, first.job);
  if (model === undefined) return undefined;
  const full: FullTrial = {
    options: trial.options,
    runs: await Promise.all(trial.runs.map((run, i) => fetchRun(client, run, runs[i]?.job ?? ''))),
  };
  return { trial: full, model, classes: parseModel(model, 'the model').info.classes };
}

/** Undefined if the job has expired: the service keeps jobs for some days and sweeps for longer. */
async function fetchModel(client: Client, job: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
  try {
    return await callService(client, () => client.jobs.model(job));
  } catch (error) {
    const gone = error instanceof EdgeMlpError && error.cause instanceof ClientError && error.cause.status === 404;
    if (!gone) throw error;
    note("The sweep's jobs have expired, and the best model with them. Repeat the runs with --fresh.");
    return undefined;
  }
}

async function fetchRun(client: Client, run: Run, job: string): Promise<FullTrial['runs'][number]> {
  const { outcome, ...others } = run;
  if (outcome.status === 'failed') return { ...others, outcome };
  const file = await callService(client, () => client.jobs.recording(job));
  return { ...others, outcome: parseRun(file, `job ${job}`, job) };
}
