/** `models`: models of a service. */
import type { Command } from 'commander';
import type { Model } from '../../src/client/index.ts';
import { EdgeMlpError } from '../../src/core/errors.ts';
import { formatActivation } from '../../src/core/spec.ts';
import { type DescriptionTexts, parseDescription } from '../../src/format/description.ts';
import { checkExtension, readBytes, writeWhole } from '../files.ts';
import { percent } from '../numbers.ts';
import { type OnnxFile, readOnnxFile } from '../onnx-file.ts';
import { countOrZero, fileName } from '../options.ts';
import { parseModelReference, type RemoteOptions, requestDeletion, requestOnce, resolveVersion } from '../remote.ts';
import { addDescriptionOptions, addGroupExamples, addRemoteOptions } from '../shared-options.ts';
import { note, print, printJson, table } from '../terminal.ts';

const EXAMPLES = `
Model files are safetensors of edge-mlp or ONNX. A published version never changes. Publishing, promoting and deleting need
the scope admin.

Examples:
  $ edge-mlp models list --remote http://localhost:8787
  $ edge-mlp models push --remote http://localhost:8787 iris model.safetensors
  $ edge-mlp models push --remote http://localhost:8787 shapes shapes.onnx --image 8x8 --classes circle,square,star
  $ edge-mlp models promote --remote http://localhost:8787 iris@2
  $ edge-mlp models fetch --remote http://localhost:8787 iris@2 --out iris.safetensors
  $ edge-mlp models delete --remote http://localhost:8787 iris@1
  $ edge-mlp models delete --remote http://localhost:8787 iris --all`;

export function addModelsCommand(program: Command): void {
  const models = program
    .command('models')
    .description('list, publish, promote, download and delete models of a service');
  addRemoteOptions(models.command('list').description('list models, their versions and aliases')).action(listModels);
  addDescriptionOptions(
    addRemoteOptions(models.command('push').description('publish a model file as a new version'))
      .argument('<name>', 'name of the model')
      .argument('<file>', '.safetensors or .onnx file')
      .option('--version <n>', 'number of the version (default: the next free number)', countOrZero),
  ).action(pushModel);
  addRemoteOptions(models.command('promote').description('move an alias to a version, to serve it or to roll back'))
    .argument('<name@version>', 'name and version number')
    .option('--alias <alias>', 'alias to move; stable is the version that is served by default', 'stable')
    .action(promoteModel);
  addRemoteOptions(models.command('fetch').description('download a model file'))
    .argument('<name[@version]>', 'name, and version number or alias (default: stable)')
    .option('--out <file>', 'model file to write', fileName, 'model.safetensors')
    .action(fetchModel);
  addRemoteOptions(models.command('delete').description('delete a version that is not served, or a whole model'))
    .argument('<name[@version]>', 'name and version number; or a name, with --all')
    .option('--all', 'delete all versions and aliases of the name')
    .action(deleteModel);
  addGroupExamples(models, EXAMPLES);
}

async function listModels(options: RemoteOptions): Promise<void> {
  const models = await requestOnce(options, async (client) => {
    const names = await client.models.names();
    return Promise.all(names.map((name) => client.models.get(name)));
  });
  if (options.json) return printJson({ models });
  print(...table(['model', 'network', 'test accuracy', 'published', ''], models.flatMap(formatRows)));
}

function formatRows({ name, versions, served, aliases }: Model): string[][] {
  return versions.map(({ version, layers, hiddenActivation, testAccuracy, created }) => {
    const others = Object.keys(aliases).filter((alias) => aliases[alias] === version && alias !== 'stable');
    return [
      `${name}@${version}`,
      `${layers.join('-')} ${formatActivation(hiddenActivation)}`,
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
  const { bytes, externalData } = await readModelFile(file);
  const description = { ...parseDescription(options), externalData };
  const { version } = options;
  const pushed = await requestOnce(options, (client) =>
    version === undefined
      ? client.models.publish(name, bytes, description)
      : client.models.upload(name, version, bytes, description),
  );
  if (options.json) return printJson({ name, ...pushed });
  const { layers, hiddenActivation, imageShape, scaling, classes, targets } = pushed;
  // The service guesses facts that the file lacks. The lines show a wrong guess before it leads to wrong predictions.
  note(`model    ${name}@${pushed.version}`);
  note(`network  ${layers.join('-')} ${formatActivation(hiddenActivation)}`);
  note(`inputs   ${imageShape === undefined ? layers[0] : imageShape.join(' × ')} ${SCALING_TEXTS[scaling]}`);
  note(targets === undefined ? `classes  ${classes.join(', ')}` : `targets  ${targets.join(', ')}`);
}

/** External data belong to ONNX files only. */
async function readModelFile(file: string): Promise<OnnxFile> {
  return file.toLowerCase().endsWith('.onnx') ? readOnnxFile(file) : { bytes: await readBytes(file), externalData: {} };
}

const SCALING_TEXTS = {
  bytes: 'pixels from 0 to 255, divided by 255',
  identity: 'numbers, not scaled',
  standard: 'numbers, standardised',
} as const;

async function promoteModel(
  reference: string,
  { alias, ...options }: RemoteOptions & { alias: string },
): Promise<void> {
  const { model = '', version } = parseModelReference(reference);
  if (!/^\d+$/.test(String(version))) {
    const message = `<name@version>: expected a name and a version number such as iris@2, got ${reference}`;
    throw new EdgeMlpError('bad-argument', message);
  }
  const moved = await requestOnce(options, (client) => client.models.moveAlias(model, alias, Number(version)));
  if (options.json) printJson(moved);
  else note(`${alias} is now ${model}@${version}, everywhere within ${moved.effectiveWithinSeconds} s`);
}

async function fetchModel(reference: string, { out, ...options }: RemoteOptions & { out: string }): Promise<void> {
  checkExtension('--out', out, '.safetensors');
  const { model: name = '', version: requested = 'stable' } = parseModelReference(reference);
  const { version, bytes } = await requestOnce(options, async (client) => {
    const version = await resolveVersion(client, name, String(requested));
    return { version, bytes: await client.models.download(name, version) };
  });
  await writeWhole(out, bytes);
  if (options.json) printJson({ name, version, out, bytes: bytes.length });
  else note(`model    ${name}@${version} in ${out}`);
}

async function deleteModel(reference: string, { all, ...options }: RemoteOptions & { all?: boolean }): Promise<void> {
  const { model: name = '', version } = parseModelReference(reference);
  if (all ? version !== undefined : !/^\d+$/.test(String(version))) {
    const message = `<name[@version]>: expected a version such as iris@2, or a name and --all, got ${reference}`;
    throw new EdgeMlpError('bad-argument', message);
  }
  await requestDeletion(reference, options, (client) =>
    all ? client.models.delete(name) : client.models.deleteVersion(name, Number(version)),
  );
}
