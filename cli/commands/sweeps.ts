/** Sweeps of a service. */
import type { Command } from 'commander';
import { asked, createClient, type RemoteOptions } from '../remote.ts';
import { addGroupExamples, addRemoteOptions } from '../shared-options.ts';
import { note, print, printJson, table } from '../terminal.ts';

const EXAMPLES = `
edge-mlp sweep --remote starts one and follows it; the same command follows it again.

Examples:
  $ edge-mlp sweeps list --remote http://localhost:8787
  $ edge-mlp sweeps cancel --remote http://localhost:8787 ID`;

export function addSweepsCommand(program: Command): void {
  const sweeps = program.command('sweeps').description('sweeps of a service');
  addRemoteOptions(sweeps.command('list').description('all sweeps, the latest first')).action(listSweeps);
  addRemoteOptions(sweeps.command('cancel').description('stop a sweep and its jobs; what is done is kept'))
    .argument('<id>', 'of the sweep')
    .action(cancelSweep);
  addGroupExamples(sweeps, EXAMPLES);
}

async function listSweeps(options: RemoteOptions): Promise<void> {
  const client = createClient(options);
  const sweeps = await asked(client, () => client.sweeps.list());
  if (options.json) return printJson({ sweeps });
  if (sweeps.length === 0) return note('There are no sweeps.');
  print(
    table(
      ['sweep', 'data', 'runs', 'started'],
      sweeps.map(({ id, data, runs, created }) => [id, data, String(runs), created]),
    ),
  );
}

async function cancelSweep(id: string, options: RemoteOptions): Promise<void> {
  const client = createClient(options);
  const sweep = await asked(client, () => client.sweeps.cancel(id));
  if (options.json) printJson(sweep);
  else note(`${id}  ${sweep.state.status}`);
}
