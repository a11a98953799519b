/** Models of a service: what is there, what goes there, what is served. */
import type { Command } from 'commander';
import type { Model, Uploaded } from '../../src/client/index.ts';
import { EdgeMlpError } from '../../src/core/errors.ts';
import { type DescriptionTexts, parseDescription } from '../../src/format/description.ts';
import { readBytes, writeWhole } from '../files.ts';
import { countOrZero, fileName } from '../options.ts';
import { asked, createClient, modelReference, type RemoteOptions, resolveVersion } from '../remote.ts';
import { percent } from '../report/numbers.ts';
import { addDescriptionOptions, addGroupExamples, addRemoteOptions } from '../shared-options.ts';
import { note, print, printJson, table } from '../terminal.ts';

const EXAMPLES = `
The token is taken from $EDGE_MLP_TOKEN, or from --token. Models are safetensors of ours, or ONNX; versions never change.

Examples:
  $ edge-mlp models list --remote http://localhost:8787
  $ edge-mlp models push --remote http://localhost:8787 iris model.safetensors
  $ edge-mlp models push --remote http://localhost:8787 shapes shapes.onnx --image 8x8 --classes circle,square,star
  $ edge-mlp models promote --remote http://localhost:8787 iris@2
  $ edge-mlp models fetch --remote http://localhost:8787 iris@2 --out iris.safetensors`;

export function addModelsCommand(program: Command): void {
  const models = program.command('models').description('models of a service');
  addRemoteOptions(models.command('list').description('names, versions, and which is served')).action(
    (options: RemoteOptions) => listModels(options),
  );
  addDescriptionOptions(
    addRemoteOptions(models.command('push').description('put a model file there as a new version'))
      .argument('<name>', 'of the model')
      .argument('<file>', '.safetensors or .onnx')
      .option('--version <n>', 'number of the version (default: the one after the last)', countOrZero),
  ).action((name: string, file: string, options: PushOptions) => pushModel(name, file, options));
  addRemoteOptions(models.command('promote').description('serve a version, or roll back to it'))
    .argument('<name@version>', 'of the model')
    .option('--alias <alias>', 'what shall point at it', 'stable')
    .action((reference: string, options: RemoteOptions & { alias: string }) => promote(reference, options));
  addRemoteOptions(models.command('fetch').description('download a model file'))
    .argument('<name[@version]>', 'of the model; without a version the one that is served')
    .option('--out <file>', 'where it goes', fileName, 'model.safetensors')
    .action((reference: string, options: RemoteOptions & { out: string }) => fetchModel(reference, options));
  addGroupExamples(models, EXAMPLES);
}

async function listModels(options: RemoteOptions): Promise<void> {
  const client = createClient(options);
  const models = await asked(client, async () => {
    const names = await client.models.names();
    return Promise.all(names.map((name) => client.models.get(name)));
  });
  if (options.json) return printJson({ models });
  print(table(['model', 'network', 'test accuracy', 'published', ''], models.flatMap(formatRows)));
}

function formatRows({ name, versions, served, aliases }: Model): string[][] {
  return versions.map(({ version, layers, hiddenActivation, testAccuracy, created }) => {
    const others = Object.keys(aliases).filter((alias) => aliases[alias] === version && alias !== 'stable');
    return [
      `${name}@${version}`,
      `${layers.join('-')} ${hiddenActivation}`,
      testAccuracy === null ? '' : percent(testAccuracy),
      created === '' ? 'with the service' : created,
      [...(version === served ? ['served'] : []), ...others].join(', '),
    ];
  });
}

interface PushOptions extends RemoteOptions, DescriptionTexts {
  readonly version?: number;
}

async function pushModel(name: string, file: string, options: PushOptions): Promise<void> {
  const client = createClient(options);
  const bytes = await readBytes(file);
  const description = parseDescription(options);
  const { version } = options;
  const pushed = await asked(client, () =>
    version === undefined
      ? client.models.publish(name, bytes, description)
      : client.models.upload(name, version, bytes, description),
  );
  if (options.json) return printJson({ name, ...pushed });
  note(`model    ${name}@${pushed.version}`);
  note(`network  ${pushed.layers.join('-')} ${pushed.hiddenActivation}`);
  note(`inputs   ${inputsText(pushed)}`);
  note(`classes  ${pushed.classes.join(', ')}`);
}

/** Of an upload the service says what it took it for: a wrong guess shows here, not in wrong answers. */
function inputsText({ layers, scaling, imageShape }: Uploaded): string {
  const texts = {
    bytes: 'pixels, 0–255, which are divided by 255',
    identity: 'numbers, taken as they are',
    standard: 'numbers, which are standardised',
  };
  return `${imageShape === undefined ? layers[0] : imageShape.join(' × ')} ${texts[scaling]}`;
}

async function promote(reference: string, { alias, ...options }: RemoteOptions & { alias: string }): Promise<void> {
  const client = createClient(options);
  const { model, version } = versionIn(reference);
  const moved = await asked(client, () => client.models.moveAlias(model, alias, version));
  if (options.json) printJson(moved);
  else note(`${model}@${version} is ${alias}, everywhere within ${moved.effectiveWithinSeconds} s`);
}

/** Throws `bad-argument` where no number of a version is named. */
function versionIn(reference: string): { model: string; version: number } {
  const { model = '', version } = modelReference(reference);
  if (/^\d+$/.test(String(version))) return { model, version: Number(version) };
  throw new EdgeMlpError('bad-argument', `<name@version>: expected a name and a number, as iris@2, got ${reference}`);
}

async function fetchModel(reference: string, { out, ...options }: RemoteOptions & { out: string }): Promise<void> {
  const client = createClient(options);
  const { model: name = '', version: wanted = 'stable' } = modelReference(reference);
  const { version, bytes } = await asked(client, async () => {
    const version = await resolveVersion(client, name, String(wanted));
    return { version, bytes: await client.models.download(name, version) };
  });
  await writeWhole(out, bytes);
  if (options.json) printJson({ name, version, out, bytes: bytes.length });
  else note(`model    ${name}@${version} in ${out}`);
}
