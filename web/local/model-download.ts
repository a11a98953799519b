/** A link that downloads a model in the format of a list next to it. */
import { setChoices } from '../dom.ts';
import { interceptDownload } from '../download.ts';
import { token } from '../token.ts';
import { isLocal } from './local-run.ts';
import { convertModel, MODEL_FORMATS, type ModelFormat } from './model-formats.ts';

interface ModelSource {
  /** Id of the job or learner. */
  readonly id: () => string;
  /** Name of the file, without an extension. */
  readonly name: () => string;
  /** Reads the model file (safetensors). */
  readonly read: () => Promise<Uint8Array<ArrayBuffer>>;
  /** Runs a request, and shows its error. */
  readonly run: (request: () => Promise<void>) => void;
}

/** Without a token, the plain link downloads the file of the service. */
export function downloadModel(link: HTMLAnchorElement, formats: HTMLSelectElement, source: ModelSource): void {
  setChoices(formats, Object.entries(MODEL_FORMATS));
  const format = () => formats.value as ModelFormat;
  interceptDownload(link, {
    isNeeded: () => format() !== 'safetensors' || isLocal(source.id()) || token.get() !== '',
    read: async () => {
      const name = source.name();
      return { name: `${name}.${format()}`, bytes: await convertModel(await source.read(), format(), name) };
    },
    run: source.run,
  });
}
