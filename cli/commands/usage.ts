/** `usage`: storage that a token uses in a service. */
import type { Command } from 'commander';
import { formatCount } from '../numbers.ts';
import { type RemoteOptions, requestOnce } from '../remote.ts';
import { addRemoteOptions } from '../shared-options.ts';
import { bytesText, print, printJson } from '../terminal.ts';

const EXAMPLES = `
The token needs the scope train. Models, data sets, jobs, sweeps and learners count.

Examples:
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
  const counts = [
    formatCount(models, 'model'),
    formatCount(datasets, 'data set'),
    formatCount(jobs, 'job'),
    formatCount(sweeps, 'sweep'),
    formatCount(learners, 'learner'),
  ];
  print(
    `token    ${owner}`,
    `stored   ${bytesText(bytes)}${limit === null ? '' : ` of ${bytesText(limit)}`}: ${counts.join(', ')}`,
    `service  ${bytesText(total.bytes)} of ${bytesText(total.limit)}`,
  );
}
