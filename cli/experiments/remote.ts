/** A sweep that a service performs: started, followed through lost connections, and ended like one on this machine. */
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
import { Interrupted, Interruption } from '../interruption.ts';
import { kebab } from '../options.ts';
import { asked, retryRequest } from '../remote.ts';
import { formatCount, integer } from '../report/numbers.ts';
import { trialLabel } from '../report/trials.ts';
import { note } from '../terminal.ts';
import { VERSION } from '../version.ts';
import { conclude } from './conclude.ts';
import type { Experiment } from './experiment.ts';
import { prepareReportFolder } from './report-folder.ts';
import type { RunMeasures } from './run.ts';
import { bestTrial, type FullTrial, type Run, type Trial } from './summary.ts';
import { RunWatch } from './watch.ts';

/** Between two looks at the sweep. */
const POLL_MS = 500;

export async function runRemoteSweep(client: Client, experiment: Experiment): Promise<void> {
  const started = performance.now();
  const { options, command } = experiment;
  await prepareReportFolder(options.out);
  const data = options.data ?? (await defaultData(client));
  const request = buildRequest(experiment, data);
  const key = options.fresh ? randomUUID() : await buildKey(client, request);
  const sweep = await asked(client, () => client.sweeps.start(request, key));
  const varied = variedOptions({ ...experiment.grid, hidden: experiment.grid.hidden ?? [[]] });
  describe(sweep);

  const done = await follow(client, sweep, (trial) =>
    trialLabel({ ...TRAINING_DEFAULTS, init: undefined, ...trial.options }, varied),
  );
  const trials = done.trials.map((trial) => readTrial(trial, data));
  const runs = trials.flatMap((trial) => trial.runs);
  const best = await fetchBest(client, done, trials);
  const seconds = (performance.now() - started) / 1000;
  const provenance = {
    ...{ command: command(data), version: VERSION, date: new Date().toISOString().slice(0, 10) },
    ...{ service: client.url.href, concurrency: done.concurrency, seconds, runSeconds: seconds },
    data: Object.entries(done.samples).map(([part, samples]) => ({ name: `${data}, ${part}`, samples, sha256: null })),
  };
  const { trial, model, classes } = best ?? { trial: undefined, model: undefined, classes: [] };
  const results = { trials, runs, varied, best: trial, model, dataName: data, classes, provenance };
  await conclude(results, { out: options.out, json: options.json, started });
}

/** As on this machine: MNIST, or the generated digits where there is none. */
async function defaultData(client: Client): Promise<string> {
  const names = await asked(client, () => client.datasets.names());
  if (names.includes('mnist')) return 'mnist';
  note('The service has no data set mnist (edge-mlp data push brings it): going on with digits, the generated set.');
  return 'digits';
}

function buildRequest({ grid, seeds, options: { validation, scaling } }: Experiment, data: string): SweepRequest {
  const { init, hidden, activation, learningRate, batchSize, epochs, momentum, weightDecay, ...others } = grid;
  refuseOthers(others);
  const served = { learningRate, activation, batchSize, epochs, momentum, weightDecay };
  const named = init.flatMap((name) => (name === undefined ? [] : [name]));
  return {
    data,
    grid: { ...served, ...(hidden === undefined ? {} : { hidden }), ...(named.length === 0 ? {} : { init: named }) },
    seeds,
    ...(scaling === undefined ? {} : { scaling }),
    ...(validation === undefined ? {} : { validation }),
  };
}

/** What the jobs of a service do not know would be left out in silence. */
function refuseOthers(options: Partial<Grid>): void {
  const defaults: Readonly<Record<string, unknown>> = { ...TRAINING_DEFAULTS };
  for (const [name, values] of Object.entries(options)) {
    if (values.every((value) => JSON.stringify(value) === JSON.stringify(defaults[name]))) continue;
    throw new EdgeMlpError(
      'bad-argument',
      `--${kebab(name)}: expected none beside --remote: jobs of a service do without`,
    );
  }
}

/** The same command finds its sweep again, unless the data are others by now. */
async function buildKey(client: Client, request: SweepRequest): Promise<string> {
  const { data = '' } = request;
  const uploaded = (await asked(client, () => client.datasets.names())).includes(data) && !isGenerated(data);
  const identity = uploaded ? (await asked(client, () => client.datasets.get(data))).sha256 : null;
  return createHash('sha256')
    .update(JSON.stringify([VERSION, identity, request]))
    .digest('hex');
}

function describe({ id, data, samples, trials, concurrency }: Sweep): void {
  const runs = trials.reduce((sum, trial) => sum + trial.runs.length, 0);
  note(`sweep    ${id}`);
  note(
    `data     ${data}: ${integer(samples.training)} samples for training, ${integer(samples.validation)} for validation`,
  );
  note(`runs     ${runs}, ${formatCount(concurrency, 'job')} at a time\n`);
}

/** Until it is over. Throws `Interrupted`, and then the sweep goes on; throws `remote` where it was cancelled or failed. */
async function follow(client: Client, begun: Sweep, nameOf: (trial: SweepTrial) => string): Promise<Sweep> {
  const interruption = new Interruption();
  const watched = begun.trials.flatMap((trial) => {
    return readTrial(trial, begun.data).runs.map(({ spec }) => ({ spec, name: nameOf(trial) }));
  });
  const watch = new RunWatch(watched);
  const seen = new Set<string>();
  let sweep = begun;
  try {
    for (;;) {
      tell(watch, sweep, seen);
      if (sweep.state.status !== 'running') return checked(sweep);
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
      const signal = await interruption.heard();
      if (signal !== undefined) {
        throw new Interrupted('no longer following; the sweep goes on, and the same command follows it again', signal);
      }
      sweep = await retryRequest(client, () => client.sweeps.get(begun.id));
    }
  } finally {
    watch.stop();
    interruption.stop();
  }
}

/** A line for each run that has ended since the last look. */
function tell(watch: RunWatch, sweep: Sweep, seen: Set<string>): void {
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
      watch.finished(run, true);
    });
  }
  watch.progress({ done, total });
}

function checked(sweep: Sweep): Sweep {
  const { id, state, trials } = sweep;
  if (state.status === 'finished') return sweep;
  const runs = trials.flatMap((trial) => trial.runs);
  const done = runs.filter((run) => run.state.status === 'succeeded').length;
  const what = state.status === 'failed' ? `has failed: ${state.reason}` : 'was cancelled';
  throw new EdgeMlpError('remote', `sweep ${id} ${what}; ${done} of ${runs.length} runs are done. --fresh starts anew`);
}

function isOver({ status }: RunState): boolean {
  return status === 'succeeded' || status === 'failed';
}

function readTrial({ options, layers, initialisation, runs }: SweepTrial, data: string): Trial {
  const { hidden, activation, init, ...served } = options;
  // The seed is not a trial's: its runs differ in it.
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
    const measured = validation && { ...validation, classes: classMetrics(validation.confusion) };
    return { status: 'succeeded', epochs, validation: measured, test: null };
  }
  const reason = state.status === 'failed' ? state.reason : 'it was not performed';
  const diverged = state.status === 'failed' && state.code === 'diverged';
  return { status: 'failed', code: diverged ? 'diverged' : 'remote', reason };
}

/** The best trial's runs whole, and the file of its first seed. */
async function fetchBest(client: Client, sweep: Sweep, trials: readonly Trial[]) {
  const index = trials.length === 1 ? 0 : bestTrial(trials);
  if (index === undefined) return undefined;
  const [trial, { runs = [] } = {}] = [trials[index], sweep.trials[index]];
  const first = runs.find(({ state }) => state.status === 'succeeded');
  if (trial === undefined || first === undefined) return undefined;
  const model = await jobModel(client, first.job);
  if (model === undefined) return undefined;
  const whole: FullTrial = {
    options: trial.options,
    runs: await Promise.all(trial.runs.map((run, i) => wholeRun(client, run, runs[i]?.job ?? ''))),
  };
  return { trial: whole, model, classes: parseModel(model, 'the model').info.classes };
}

/** Jobs are kept for some days, the table for longer. */
async function jobModel(client: Client, job: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
  try {
    return await retryRequest(client, () => client.jobs.model(job));
  } catch (error) {
    const gone = error instanceof EdgeMlpError && error.cause instanceof ClientError && error.cause.status === 404;
    if (!gone) throw error;
    note("The sweep's jobs are not kept any more, and with them the best model: --fresh performs the runs again.");
    return undefined;
  }
}

async function wholeRun(client: Client, run: Run, job: string): Promise<FullTrial['runs'][number]> {
  const { outcome, ...others } = run;
  if (outcome.status === 'failed') return { ...others, outcome };
  const file = await retryRequest(client, () => client.jobs.recording(job));
  return { ...others, outcome: parseRun(file, `job ${job}`, job) };
}
