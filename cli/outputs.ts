import { EdgeMlpError } from '../src/core/errors.ts';
import { checkWritable, followLinks } from './files.ts';

type Files = Readonly<Record<string, string | undefined>>;

/**
 * Before the work begins: every output has a place of its own that can be written, and none that is read from. Only a
 * checkpoint may go where it was resumed from. The names are those of the options, or of the command's argument. Throws
 * `bad-argument`.
 */
export async function checkOutputs(outputs: Files, inputs: Files): Promise<void> {
  const taken = new Map<string, string>();
  for (const [name, path] of Object.entries(inputs)) {
    if (path !== undefined) taken.set(await followLinks(path), name === 'model' ? 'the model' : `--${name}`);
  }
  for (const [name, path] of Object.entries(outputs)) {
    if (path === undefined) continue;
    const target = await followLinks(path);
    const other = taken.get(target);
    if (other !== undefined && !(name === 'checkpoint' && other === '--resume')) {
      throw new EdgeMlpError('bad-argument', `--${name}: expected another file than ${other}, got ${path} for both`);
    }
    taken.set(target, `--${name}`);
    await checkWritable(path);
  }
}
