/** A request to POST /predict as a command, with the fields of the model. */
import { inputSize } from '../../src/core/spec.ts';
import { listColumns, type ModelInfo } from '../../src/format/metadata.ts';
import { parseTrainedModel } from '../../src/format/model-file.ts';
import { showAndAnnounce } from '../announcer.ts';
import { copyText } from '../clipboard.ts';
import { createElement, showText } from '../dom.ts';
import { createClient, describeError } from '../service.ts';

/** Samples of more numbers are sent from a file. */
const MAX_NUMBERS = 32;

export class CurlSnippet {
  readonly element = createElement('details', createElement('summary', 'Request with curl'));
  readonly #name: string;
  readonly #code = createElement('code');
  readonly #copy = Object.assign(createElement('button', 'Copy'), { type: 'button', disabled: true });
  readonly #help = Object.assign(createElement('p'), { className: 'help' });
  #version: number | undefined;
  #loaded: number | undefined;

  constructor(name: string, id: string) {
    this.#name = name;
    this.#copy.ariaLabel = `Copy the request to ${name}`;
    const text = Object.assign(createElement('pre', this.#code), { id: `${id}-curl`, tabIndex: 0, role: 'region' });
    text.ariaLabel = `Request to ${name}`;
    this.element.append(text, this.#copy, this.#help);
    this.element.addEventListener('toggle', () => void this.#load());
    this.#copy.addEventListener('click', () => void this.#copyText());
  }

  /** `version` is the live version, whose file has the names of the inputs. */
  show(version: number): void {
    this.#version = version;
    void this.#load();
  }

  async #load(): Promise<void> {
    const version = this.#version;
    if (!this.element.open || version === undefined || version === this.#loaded) return;
    showText(this.#help, 'Loading…');
    try {
      const bytes = await createClient().models.download(this.#name, version);
      const { info } = parseTrainedModel(bytes, `${this.#name} version ${version}`);
      const { command, help } = buildCommand(new URL(location.href).origin, this.#name, info);
      this.#code.textContent = command;
      showAndAnnounce(this.#help, help);
      this.#copy.disabled = false;
      this.#loaded = version;
    } catch (error) {
      showAndAnnounce(this.#help, describeError(error));
    }
  }

  async #copyText(): Promise<void> {
    showAndAnnounce(this.#help, await copyText(this.#code));
  }
}

/** `name` is that of the model. */
function buildCommand(origin: string, name: string, info: ModelInfo): { command: string; help: string } {
  const url = quote(`${origin}/predict${name === 'mnist' ? '' : `?model=${encodeURIComponent(name)}`}`);
  if (info.imageShape !== undefined && info.scaling.kind !== 'identity') {
    return {
      command: `curl --data-binary @digit.png \\\n  -H 'Content-Type: image/png' \\\n  ${url}`,
      help: `digit.png is an image. Its size is ${info.imageShape.join('×')}, or any if the model centres images.`,
    };
  }
  const columns = listColumns(info);
  if (columns === undefined && inputSize(info.spec) > MAX_NUMBERS) {
    return {
      command: `curl --data-binary @inputs.f32 \\\n  -H 'Content-Type: application/octet-stream' \\\n  ${url}`,
      help: `inputs.f32 has ${inputSize(info.spec)} numbers for each sample: float32, little-endian.`,
    };
  }
  const body = columns === undefined ? listValues(info) : nameValues(columns, listValues(info));
  return { command: `curl --json ${quote(JSON.stringify(body))} \\\n  ${url}`, help: 'Replace the values by yours.' };
}

/** The mean of each input in training, or 0. */
function listValues({ spec, scaling }: ModelInfo): number[] {
  const mean = scaling.kind === 'standard' ? scaling.mean : [];
  return Array.from({ length: inputSize(spec) }, (_, i) => Number((mean[i] ?? 0).toPrecision(3)));
}

function nameValues(
  columns: NonNullable<ReturnType<typeof listColumns>>,
  values: readonly number[],
): Record<string, number | string> {
  let input = 0;
  return Object.fromEntries(
    columns.map((column) => {
      const value = column.kind === 'number' ? values[input] : column.categories[0];
      input += column.kind === 'number' ? 1 : column.categories.length;
      return [column.name, value ?? ''];
    }),
  );
}

/** For POSIX shells. */
function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
