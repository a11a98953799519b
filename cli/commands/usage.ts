/** `usage`: storage that a token uses in a service. */
import type { Command } from 'commander';
import { formatCount } from '../numbers.ts';
import { type RemoteOptions, requestOnce } from '../remote.ts';
import { addRemoteOptions } from '../shared-options.ts';
import { note, printJson } from '../terminal.ts';

const EXAMPLES = `
The token needs the scope train. Models, data sets, jobs, sweeps and learners count.

Example:
  $ edge-mlp usage --remote http://localhost:8787`;

export function addUsageCommand(program: Command): void {
  addRemoteOptions(
    program.command('usage').description('print the storage that a token uses in a service, and its quota'),
  )
    .addHelpText('after', EXAMPLES)
    .action(printUsage);
}

async function printUsage(options: RemoteOptions): Promise<void> {
  const usage = await requestOnce(options, (client) => client.usage());
  if (options.json) return printJson(usage);
  const { owner, bytes, limit, models, datasets, jobs, sweeps, learners, total } = usage;
  note(`token    ${owner}`);
  note(`stored   ${megabytes(bytes)}${limit === null ? '' : ` of ${megabytes(limit)}`}`);
  const counts = [
    formatCount(models, 'model'),
    formatCount(datasets, 'data set'),
    formatCount(jobs, 'job'),
    formatCount(sweeps, 'sweep'),
    formatCount(learners, 'learner'),
  ];
  note(`         ${counts.join(', ')}`);
  note(`service  ${megabytes(total.bytes)} of ${megabytes(total.limit)}`);
}

function megabytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(1)} MB`;
}
