/** `sweeps`: sweeps of a service. */
import type { Command } from 'commander';
import { type RemoteOptions, requestDeletion, requestOnce } from '../remote.ts';
import { addGroupExamples, addRemoteOptions } from '../shared-options.ts';
import { note, print, printJson, table } from '../terminal.ts';

const EXAMPLES = `
edge-mlp sweep --remote starts a sweep and follows it. The same command follows a running sweep again.

Examples:
  $ edge-mlp sweeps list --remote http://localhost:8787
  $ edge-mlp sweeps cancel --remote http://localhost:8787 ID
  $ edge-mlp sweeps delete --remote http://localhost:8787 ID`;

export function addSweepsCommand(program: Command): void {
  const sweeps = program.command('sweeps').description('list, cancel and delete sweeps of a service');
  addRemoteOptions(sweeps.command('list').description('list all sweeps, the latest first')).action(listSweeps);
  addRemoteOptions(sweeps.command('cancel').description('stop a sweep and its jobs; finished runs are kept'))
    .argument('<id>', 'id of the sweep')
    .action(cancelSweep);
  addRemoteOptions(sweeps.command('delete').description('delete a sweep that is over, and its table'))
    .argument('<id>', 'id of the sweep')
    .action((id: string, options: RemoteOptions) => requestDeletion(id, options, (client) => client.sweeps.delete(id)));
  addGroupExamples(sweeps, EXAMPLES);
}

async function listSweeps(options: RemoteOptions): Promise<void> {
  const sweeps = await requestOnce(options, (client) => client.sweeps.list());
  if (options.json) return printJson({ sweeps });
  if (sweeps.length === 0) return note('There are no sweeps.');
  const rows = sweeps.map(({ id, data, runs, created }) => [id, data, String(runs), created]);
  print(...table(['sweep', 'data', 'runs', 'started'], rows));
}

async function cancelSweep(id: string, options: RemoteOptions): Promise<void> {
  const sweep = await requestOnce(options, (client) => client.sweeps.cancel(id));
  if (options.json) printJson(sweep);
  else note(`${id}  ${sweep.state.status}`);
}
