/** `jobs`: training jobs of a service. */
import { randomUUID } from 'node:crypto';
import type { Command } from 'commander';
import {
  type Client,
  isOver,
  type Job,
  type JobEvent,
  type JobRequest,
  type JobState,
} from '../../src/client/index.ts';
import { EdgeMlpError } from '../../src/core/errors.ts';
import { scalingOption } from '../data/options.ts';
import { checkExtension, writeWhole } from '../files.ts';
import { Interruption } from '../interruption.ts';
import { formatCount, integer, percent, scoreText } from '../numbers.ts';
import { fileName, seedNumber, validationSize } from '../options.ts';
import { callService, createClient, type RemoteOptions, requestDeletion, requestOnce } from '../remote.ts';
import { addGroupExamples, addRemoteOptions, VALIDATION_TEXT } from '../shared-options.ts';
import { type Bar, duration, note, print, printJson, progressBar, table } from '../terminal.ts';
import { hasLine } from '../training/epoch-lines.ts';
import { addTrainingOptions } from '../training-flags.ts';
import { assembleOptimizer, type OptimizerFlags } from '../training-options.ts';

const EXAMPLES = `
The token needs the scope train.

Examples:
  $ edge-mlp jobs start --remote http://localhost:8787 --data digits --hidden 100 --publish mine --watch
  $ edge-mlp jobs start --remote http://localhost:8787 --from iris --data more-irises --epochs 5 --publish iris
  $ edge-mlp jobs list --remote http://localhost:8787
  $ edge-mlp jobs watch --remote http://localhost:8787 ID
  $ edge-mlp jobs cancel --remote http://localhost:8787 ID
  $ edge-mlp jobs resume --remote http://localhost:8787 ID
  $ edge-mlp jobs fetch --remote http://localhost:8787 ID --out model.safetensors
  $ edge-mlp jobs delete --remote http://localhost:8787 ID`;

export function addJobsCommand(program: Command): void {
  const jobs = program.command('jobs').description('start and manage training jobs of a service');
  const start = addRemoteOptions(jobs.command('start').description('start a job'));
  addTrainingOptions(
    start
      .option('--data <name>', 'digits, ellipse, or a set that was uploaded with edge-mlp data push', 'digits')
      .addOption(scalingOption()),
  )
    .option('--from <model>', 'continue from a model of the service: name, name@version or name@alias')
    .option('--seed <n>', 'seed of weights, sample order, random splits and generated data', seedNumber, 1)
    .option('--validation <n>', VALIDATION_TEXT, validationSize)
    .option('--final', 'train on all samples and evaluate on the test set')
    .option('--publish <name>', 'publish the model under this name')
    .option('--key <text>', 'idempotency key: a second start with the same key returns the first job')
    .option('--watch', 'follow the job until it ends')
    .action((options: StartOptions) => startJob(options, (name) => start.getOptionValueSource(name) !== 'default'));
  addRemoteOptions(jobs.command('list').description('list the latest jobs')).action(listJobs);
  const addJobCommand = (name: string, description: string) =>
    addRemoteOptions(jobs.command(name).description(description)).argument('<id>', 'id of the job');
  addJobCommand('watch', 'follow a job until it ends').action(watchJob);
  addJobCommand('cancel', 'stop a job; it can be resumed').action((id: string, options: RemoteOptions) =>
    changeJob(options, (client) => client.jobs.cancel(id)),
  );
  addJobCommand('resume', 'resume a cancelled or interrupted job').action((id: string, options: RemoteOptions) =>
    changeJob(options, (client) => client.jobs.resume(id)),
  );
  addJobCommand('fetch', 'download the model of a job, also before the job ends')
    .option('--out <file>', 'model file to write', fileName, 'model.safetensors')
    .action(fetchModel);
  addJobCommand('delete', 'delete a job that is over, and its weights').action((id: string, options: RemoteOptions) =>
    requestDeletion(id, options, (client) => client.jobs.delete(id)),
  );
  addGroupExamples(jobs, EXAMPLES);
}

/** Options that a model defines. */
const MODEL_OPTIONS = ['scaling', 'hidden', 'activation', 'init'] as const;

interface StartOptions extends RemoteOptions, Omit<JobRequest, 'optimizer'>, OptimizerFlags {
  readonly key?: string;
  readonly watch?: boolean;
}

async function startJob(options: StartOptions, isGiven: (name: string) => boolean): Promise<void> {
  const { data, from, epochs, batchSize, learningRate, momentum, weightDecay, clipNorm, dropout, seed } = options;
  const { validation, final, publish, key = randomUUID() } = options;
  // With --from only options that were typed are sent, and the service decides whether to refuse them.
  const network = MODEL_OPTIONS.filter((name) => from === undefined || isGiven(name));
  const optimizer = assembleOptimizer(options);
  const training = { epochs, batchSize, optimizer, learningRate, momentum, weightDecay, clipNorm, dropout, seed };
  const model = Object.fromEntries(network.map((name) => [name, options[name]]));
  const body = { data, from, ...training, validation, final, publish, ...model } as JobRequest;
  const job = await requestOnce(options, (client) => client.jobs.start(body, key));
  note(`job      ${job.id}`);
  note(`network  ${job.layers.join('-')}, ${integer(job.parameters)} parameters`);
  if (options.watch) return watchJob(job.id, options);
  if (options.json) printJson(job);
}

async function listJobs(options: RemoteOptions): Promise<void> {
  const jobs = await requestOnce(options, (client) => client.jobs.list());
  if (options.json) return printJson({ jobs });
  if (jobs.length === 0) return note('There are no jobs.');
  const rows = jobs.map(({ id, layers, state, data, created }) => {
    return [id, layers.join('-'), stateText(state), data, created];
  });
  print(...table(['job', 'network', 'state', 'data', 'started'], rows));
}

async function changeJob(options: RemoteOptions, change: (client: Client) => Promise<Job>): Promise<void> {
  const job = await requestOnce(options, change);
  if (options.json) printJson(job);
  else note(`${job.id}  ${stateText(job.state)}`);
}

async function fetchModel(id: string, { out, ...options }: RemoteOptions & { out: string }): Promise<void> {
  checkExtension('--out', out, '.safetensors');
  const bytes = await requestOnce(options, (client) => client.jobs.model(id));
  await writeWhole(out, bytes);
  if (options.json) printJson({ id, out, bytes: bytes.length });
  else note(`model    ${out}`);
}

/** Follows a job across lost connections: each new connection starts after the last event that was received. */
async function watchJob(id: string, options: RemoteOptions): Promise<void> {
  const interruption = new Interruption('stopped watching; the job continues');
  const client = createClient(options, interruption.abortSignal);
  let job = await callService(client, () => client.jobs.get(id));
  const display = new JobDisplay(job.spec.epochs);
  try {
    while (!isOver(job.state)) {
      await followEvents(client, id, display, interruption);
      job = await callService(client, () => client.jobs.get(id));
    }
  } finally {
    display.stop();
    interruption.stop();
  }
  if (options.json) printJson(job);
  else printResult(job);
  if (job.state.status === 'failed') throw new EdgeMlpError('remote', `job ${id} failed: ${job.state.reason}`);
}

/** Pause before a lost connection is opened again. */
const RECONNECT_MS = 1000;

/** Returns when the job ends or the connection is lost. Throws `Interrupted`. */
async function followEvents(
  client: Client,
  id: string,
  display: JobDisplay,
  interruption: Interruption,
): Promise<void> {
  try {
    for await (const event of client.jobs.events(id, display.lastEvent)) display.show(event);
  } catch {
    // The next request of the caller reports a service that stays unreachable.
    await interruption.pause(RECONNECT_MS);
  }
}

class JobDisplay {
  lastEvent = 0;
  readonly #epochs: number;
  #bar: Bar | undefined;

  constructor(epochs: number) {
    this.#epochs = epochs;
  }

  show(event: JobEvent): void {
    this.lastEvent = event.id;
    if (event.type === 'epoch') {
      if (!hasLine(event.metrics.epoch, this.#epochs)) return;
      const { epoch, trainLoss, trainAccuracy, validationLoss, validationAccuracy } = event.metrics;
      const validation =
        validationLoss === null || validationAccuracy === null
          ? ''
          : `  validation loss ${validationLoss.toFixed(5)}, accuracy ${percent(validationAccuracy)}`;
      const line = `epoch ${epoch}  loss ${trainLoss.toFixed(5)}, accuracy ${percent(trainAccuracy)}${validation}`;
      note(line);
    } else if (event.type === 'progress') {
      const { epoch, epochs, samples, samplesPerEpoch, loss } = event;
      this.#bar ??= progressBar(epochs * samplesPerEpoch, '{bar} {percentage} % · {eta_formatted} left · loss {loss}');
      this.#bar.update((epoch - 1) * samplesPerEpoch + samples, { loss: loss?.toFixed(4) ?? '–' });
    }
  }

  stop(): void {
    this.#bar?.stop();
  }
}

function printResult({ state, computeMs, slices }: Job): void {
  note(`state    ${stateText(state)}`);
  if (state.status === 'succeeded') {
    const { weightsSha256, test, published } = state.result;
    if (test !== null) note(`test     loss ${test.loss.toFixed(5)}, ${scoreText(test)}`);
    if (published !== null) note(`model    ${published.model}@${published.version}`);
    note(`weights  SHA-256 ${weightsSha256}`);
  }
  note(`compute  ${duration(computeMs / 1000)} in ${formatCount(slices, 'slice')}`);
}

function stateText(state: JobState): string {
  return state.status === 'failed' ? `failed: ${state.reason}` : state.status;
}
