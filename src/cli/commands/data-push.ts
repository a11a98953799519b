/** A data set for the jobs of a service, in pieces. */
import type { Command } from 'commander';
import { concatenated } from '../../core/bytes.ts';
import { type Dataset, sampleCount, slice } from '../../core/dataset.ts';
import { EdgeMlpError } from '../../core/errors.ts';
import { formatIdx } from '../../data/idx.ts';
import { integer } from '../../report/numbers.ts';
import { loadSource } from '../data-source.ts';
import { fileName } from '../options.ts';
import { asked, remoteClient } from '../remote.ts';
import { addDataOptions } from '../shared-options.ts';
import { note, printJson, progressBar } from '../terminal.ts';

const EXAMPLES = `
The token is taken from $EDGE_MLP_TOKEN, or from --token; it needs the scope train.

Examples:
  $ edge-mlp data push --remote http://localhost:8787 --data mnist
  $ edge-mlp data push --remote http://localhost:8787 --data ./letters --name letters`;

/** What the service takes at a time, with room for the headers of IDX. */
const PIECE_BYTES = 8 * 2 ** 20 - 1024;

interface PushOptions {
  readonly remote: string;
  readonly token?: string;
  readonly data?: string;
  readonly dataDir?: string;
  readonly name?: string;
  readonly json?: boolean;
}

export function addPushCommand(data: Command): void {
  const command = data.command('push').description('upload a set of pictures to a service, for its jobs');
  addDataOptions(command)
    .requiredOption('--remote <url>', 'address of the service')
    .option('--token <token>', 'default: $EDGE_MLP_TOKEN')
    .option('--name <name>', "its name there (default: mnist, or the folder's)", fileName)
    .option('--json', 'print what is there as one JSON object on stdout')
    .addHelpText('after', EXAMPLES)
    .action((options: PushOptions) => push(options));
}

async function push({ remote, token, data = 'mnist', dataDir, name, json }: PushOptions): Promise<void> {
  const client = remoteClient(remote, token);
  const source = await loadSource({ data, dataDir, seed: 1 });
  const called = name ?? source.name.split(/[/\\]/).findLast((part) => part !== '') ?? 'data';
  const parts = { training: source.training, test: source.test };
  const counts = { training: 0, test: 0 };
  const total = sampleCount(source.training) + (source.test === undefined ? 0 : sampleCount(source.test));
  const bar = progressBar(total, '{bar} {percentage} % · {value} of {total} samples · {eta_formatted} left');
  let done = 0;
  try {
    for (const part of ['training', 'test'] as const) {
      for (const piece of piecesOf(parts[part])) {
        await asked(client, () => client.datasets.uploadPiece(called, part, counts[part], pieceBytes(piece)));
        counts[part]++;
        done += sampleCount(piece);
        bar.update(done);
      }
    }
  } finally {
    bar.stop();
  }
  const info = await asked(client, () => client.datasets.finish(called, counts));
  if (json) return printJson(info);
  const tested = info.test === null ? '' : `, ${integer(info.test.samples)} for testing`;
  note(
    `data     ${info.name}: ${integer(info.training.samples)} samples for training${tested}, in ${counts.training + counts.test} pieces`,
  );
}

/** Views of so many samples as make a piece. Throws `bad-argument` for what is no set of pictures. */
function* piecesOf(dataset: Dataset | undefined): Generator<Dataset> {
  if (dataset === undefined) return;
  if (!(dataset.inputs instanceof Uint8Array) || dataset.imageShape === undefined || dataset.classes.length > 256) {
    throw new EdgeMlpError(
      'bad-argument',
      `--data: expected pictures of bytes in up to 256 classes, got ${dataset.name}`,
    );
  }
  const size = Math.max(1, Math.floor(PIECE_BYTES / (dataset.columns + 1)));
  for (let from = 0; from < sampleCount(dataset); from += size) {
    yield slice(dataset, from, Math.min(sampleCount(dataset), from + size));
  }
}

function pieceBytes({ inputs, labels, imageShape = [1, 1] }: Dataset): Uint8Array<ArrayBuffer> {
  const answers = formatIdx({ shape: [labels.length], data: Uint8Array.from(labels) });
  const images = formatIdx({ shape: [labels.length, ...imageShape], data: Uint8Array.from(inputs) });
  return concatenated([answers, images]);
}
