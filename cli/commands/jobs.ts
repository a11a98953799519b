/** Training jobs of a service. */
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
import { writeWhole } from '../files.ts';
import { Interrupted, Interruption } from '../interruption.ts';
import { countOrZero, fileName, seedNumber } from '../options.ts';
import { asked, createClient, type RemoteOptions, retryRequest } from '../remote.ts';
import { integer, percent } from '../report/numbers.ts';
import { addGroupExamples, addRemoteOptions, scalingOption } from '../shared-options.ts';
import { type Bar, duration, note, print, printJson, progressBar, table } from '../terminal.ts';
import { addTrainingOptions } from '../training-options.ts';

const EXAMPLES = `
The token is taken from $EDGE_MLP_TOKEN, or from --token.

Examples:
  $ edge-mlp jobs start --remote http://localhost:8787 --data digits --hidden 100 --publish mine --watch
  $ edge-mlp jobs start --remote http://localhost:8787 --from iris --data more-irises --epochs 5 --publish iris
  $ edge-mlp jobs list --remote http://localhost:8787
  $ edge-mlp jobs watch --remote http://localhost:8787 ID
  $ edge-mlp jobs cancel --remote http://localhost:8787 ID
  $ edge-mlp jobs resume --remote http://localhost:8787 ID
  $ edge-mlp jobs fetch --remote http://localhost:8787 ID --out model.safetensors`;

export function addJobsCommand(program: Command): void {
  const jobs = program.command('jobs').description('training jobs of a service');
  const start = addRemoteOptions(jobs.command('start').description('start a job'));
  addTrainingOptions(
    start
      .option('--data <name>', 'digits, ellipse, or an uploaded set: see edge-mlp data push', 'digits')
      .addOption(scalingOption()),
  )
    .option('--from <model>', 'begin with a model of the service: name, name@version or name@alias')
    .option('--seed <n>', 'of weights, order, random splits and generated data', seedNumber, 1)
    .option('--validation <n>', 'samples held out (default: 5000, or a tenth of a small set)', countOrZero)
    .option('--final', 'train on all samples and measure on the test set')
    .option('--publish <name>', 'put the model into the registry under this name')
    .option('--key <text>', 'two starts with one key are one job')
    .option('--watch', 'follow it until it is over')
    .action((options: StartOptions) => {
      const asked = (name: string) => start.getOptionValueSource(name) !== 'default';
      return startJob(options, asked);
    });
  addRemoteOptions(jobs.command('list').description('the latest jobs')).action((options: RemoteOptions) =>
    listJobs(options),
  );
  const one = (name: string, description: string) =>
    addRemoteOptions(jobs.command(name).description(description)).argument('<id>', 'of the job');
  one('watch', 'follow a job until it is over').action((id: string, options: RemoteOptions) => watchJob(id, options));
  one('cancel', 'stop a job; it can be resumed').action((id: string, options: RemoteOptions) =>
    change(options, (client) => client.jobs.cancel(id)),
  );
  one('resume', 'go on after a cancel or an interruption').action((id: string, options: RemoteOptions) =>
    change(options, (client) => client.jobs.resume(id)),
  );
  one('fetch', 'the model of a job, as far as it has come')
    .option('--out <file>', 'where it goes', fileName, 'model.safetensors')
    .action((id: string, options: RemoteOptions & { out: string }) => fetchModel(id, options));
  addGroupExamples(jobs, EXAMPLES);
}

/** What a model says of itself. */
const NETWORK_OPTIONS = ['scaling', 'hidden', 'activation', 'init'] as const;

interface StartOptions extends RemoteOptions, JobRequest {
  readonly key?: string;
  readonly watch?: boolean;
}

async function startJob(options: StartOptions, given: (name: string) => boolean): Promise<void> {
  const client = createClient(options);
  const { data, from, epochs, batchSize, learningRate, momentum, weightDecay, seed } = options;
  const { validation, final, publish, key = randomUUID() } = options;
  // Beside a model only what was typed: the service says what it thinks of that.
  const network = NETWORK_OPTIONS.filter((name) => from === undefined || given(name));
  const request = {
    ...{ data, from, epochs, batchSize, learningRate, momentum, weightDecay, seed, validation, final, publish },
    ...Object.fromEntries(network.map((name) => [name, options[name]])),
  } as JobRequest;
  const job = await asked(client, () => client.jobs.start(request, key));
  note(`job      ${job.id}`);
  note(`network  ${job.layers.join('-')}, ${integer(job.parameters)} parameters`);
  if (options.watch) return watchJob(job.id, options);
  if (options.json) printJson(job);
}

async function listJobs(options: RemoteOptions): Promise<void> {
  const client = createClient(options);
  const jobs = await asked(client, () => client.jobs.list());
  if (options.json) return printJson({ jobs });
  if (jobs.length === 0) return note('There are no jobs.');
  const rows = jobs.map((job) => [job.id, job.layers.join('-'), stateText(job.state), progressText(job), job.created]);
  print(table(['job', 'network', 'state', 'progress', 'started'], rows));
}

async function change(options: RemoteOptions, work: (client: Client) => Promise<Job>): Promise<void> {
  const client = createClient(options);
  const job = await asked(client, () => work(client));
  if (options.json) printJson(job);
  else note(`${job.id}  ${stateText(job.state)}`);
}

async function fetchModel(id: string, { out, ...options }: RemoteOptions & { out: string }): Promise<void> {
  const client = createClient(options);
  const bytes = await asked(client, () => client.jobs.model(id));
  await writeWhole(out, bytes);
  if (options.json) printJson({ id, out, bytes: bytes.length });
  else note(`model    ${out}`);
}

/** Follows a job through lost connections: the number of the last event tells the service where to go on. */
async function watchJob(id: string, options: RemoteOptions): Promise<void> {
  const client = createClient(options);
  const interruption = new Interruption();
  const watch = new Watch();
  let job = await asked(client, () => client.jobs.get(id));
  try {
    while (!isOver(job.state)) {
      await tellEvents(client, id, watch, interruption);
      job = await retryRequest(client, () => client.jobs.get(id));
    }
  } finally {
    watch.stop();
    interruption.stop();
  }
  if (options.json) printJson(job);
  else report(job);
  if (job.state.status === 'failed') throw new EdgeMlpError('remote', `job ${id}: ${job.state.reason}`);
}

/** After a connection that was lost. */
const RECONNECT_MS = 1000;

/** Until the job is over, or the connection is. Throws `Interrupted`. */
async function tellEvents(client: Client, id: string, watch: Watch, interruption: Interruption): Promise<void> {
  try {
    for await (const event of client.jobs.events(id, watch.last)) {
      watch.tell(event);
      const signal = await interruption.heard();
      if (signal !== undefined) throw new Interrupted('no longer watching; the job goes on', signal);
    }
  } catch (error) {
    if (error instanceof Interrupted) throw error;
    // Whoever asks next finds out whether the service is there.
    await new Promise((resolve) => setTimeout(resolve, RECONNECT_MS));
  }
}

class Watch {
  /** Number of the last event. */
  last = 0;
  #bar: Bar | undefined;

  tell(event: JobEvent): void {
    this.last = event.id;
    if (event.type === 'epoch') {
      const { epoch, trainLoss, trainAccuracy, validationLoss, validationAccuracy } = event.metrics;
      const measured =
        validationLoss === null || validationAccuracy === null
          ? ''
          : `  validation loss ${validationLoss.toFixed(5)}, accuracy ${percent(validationAccuracy)}`;
      this.#say(`epoch ${epoch}  loss ${trainLoss.toFixed(5)}, accuracy ${percent(trainAccuracy)}${measured}`);
    } else if (event.type === 'progress') {
      const { epoch, epochs, samples, samplesPerEpoch, loss } = event;
      this.#bar ??= progressBar(epochs * samplesPerEpoch, '{bar} {percentage} % · {eta_formatted} left · loss {loss}');
      this.#bar.update((epoch - 1) * samplesPerEpoch + samples, { loss: loss?.toFixed(4) ?? '–' });
    }
  }

  stop(): void {
    this.#bar?.stop();
  }

  #say(text: string): void {
    if (this.#bar === undefined) note(text);
    else this.#bar.printAbove(text);
  }
}

function report({ state, computeMs, slices }: Job): void {
  note(`state    ${stateText(state)}`);
  if (state.status === 'succeeded') {
    const { weightsSha256, test, published } = state.result;
    if (test !== null) note(`test     loss ${test.loss.toFixed(5)}, accuracy ${percent(test.accuracy)}`);
    if (published !== null) note(`model    ${published.model}@${published.version}`);
    note(`weights  ${weightsSha256}`);
  }
  note(`compute  ${duration(computeMs / 1000)} in ${integer(slices)} slices`);
}

function stateText(state: JobState): string {
  return state.status === 'failed' ? `failed: ${state.reason}` : state.status;
}

function progressText({ progress }: Job): string {
  if (progress === null) return '';
  const { epoch, epochs, samples, samplesPerEpoch } = progress;
  return percent(((epoch - 1) * samplesPerEpoch + samples) / (epochs * samplesPerEpoch), 0);
}
