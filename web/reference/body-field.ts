/** The body of a request: a text, a file or a form of files, by media type and example. */

import { errorMessage } from '../../src/core/errors.ts';
import { createElement, setChoices, setOptions, showText } from '../dom.ts';
import { createField, createHelp } from '../fields.ts';
import type { ApiDocument, ApiOperation, MediaType } from './api-document.ts';
import { exampleBody, type FileReader, firstMediaType, type RequestBody, type RequestFile } from './api-request.ts';
import { renderSchema } from './schema-view.ts';

const MAX_ROWS = 16;

export class BodyField {
  readonly element = createElement('fieldset');
  body: RequestBody = { kind: 'none' };
  readonly #operation: ApiOperation;
  readonly #content: Readonly<Record<string, MediaType>>;
  readonly #read: FileReader;
  readonly #onChange: () => void;
  readonly #types = createElement('select');
  readonly #examples = createElement('select');
  readonly #host = createElement('div');
  readonly #problem = Object.assign(createElement('p'), { className: 'problem', hidden: true });
  readonly #fields = createElement('details', createElement('summary', 'Fields of the body'));

  constructor(document: ApiDocument, operation: ApiOperation, read: FileReader, onChange: () => void) {
    this.#operation = operation;
    this.#content = operation.requestBody?.content ?? {};
    this.#read = read;
    this.#onChange = onChange;
    this.element.hidden = Object.keys(this.#content).length === 0;
    this.element.append(
      createElement('legend', 'Body'),
      this.#createChoice('type', 'Media type', this.#types),
      this.#createChoice('example', 'Example', this.#examples),
      this.#host,
      this.#problem,
      this.#fields,
    );
    setOptions(this.#types, Object.keys(this.#content));
    this.#types.value = firstMediaType(operation) ?? '';
    this.#types.addEventListener('input', () => this.#showType());
    this.#examples.addEventListener('input', () => void this.#showExample());
    this.#fields.addEventListener('toggle', () => {
      const schema = this.#content[this.#types.value]?.schema;
      if (this.#fields.open && schema !== undefined) {
        this.#fields.replaceChildren(...[...this.#fields.children].slice(0, 1), renderSchema(document, schema));
      }
    });
    this.#showType();
  }

  focus(): void {
    this.#host.querySelector<HTMLElement>('textarea, input')?.focus();
  }

  #createChoice(name: string, text: string, select: HTMLSelectElement): HTMLElement {
    select.id = `${this.#operation.operationId}-body-${name}`;
    return createField(select, text);
  }

  #showType(): void {
    const { examples = {}, schema } = this.#content[this.#types.value] ?? {};
    setChoices(
      this.#examples,
      Object.entries(examples).map(([value, { summary }]) => [value, summary]),
    );
    for (const select of [this.#types, this.#examples]) {
      const host = select.parentElement;
      if (host !== null) host.hidden = select.options.length < 2;
    }
    this.#fields.open = false;
    this.#fields.hidden = schema === undefined || this.#types.value !== 'application/json';
    void this.#showExample();
  }

  async #showExample(): Promise<void> {
    const [type, example] = [this.#types.value, this.#examples.value];
    showText(this.#problem, '');
    try {
      const body = await exampleBody(this.#operation, this.#read, type === '' ? {} : { type, example });
      // The user chose another one while the file was loading.
      if (type !== this.#types.value || example !== this.#examples.value) return;
      this.#show(body);
    } catch (error) {
      showText(this.#problem, `Could not load the example: ${errorMessage(error)}`);
      this.#show({ kind: 'file', type, file: undefined });
    }
  }

  #show(body: RequestBody): void {
    this.body = body;
    this.#host.replaceChildren(...this.#createEditors(body));
    this.#onChange();
  }

  #createEditors(body: RequestBody): HTMLElement[] {
    if (body.kind === 'none') return [];
    if (body.kind === 'text') return [this.#createText(body.type, body.text)];
    if (body.kind === 'file') {
      const choose = (file: RequestFile) => this.#change({ ...body, file });
      return [createFileInput(`${this.#operation.operationId}-body-file`, 'File', body.file, choose)];
    }
    const fields = Object.entries(this.#content[this.#types.value]?.schema.properties ?? {});
    return fields.map(([name, { description = '' }]) =>
      createFileInput(`${this.#operation.operationId}-body-${name}`, `${name}: ${description}`, undefined, (file) => {
        const files = this.body.kind === 'form' ? this.body.files : {};
        this.#change({ kind: 'form', files: { ...files, [name]: file } });
      }),
    );
  }

  #createText(type: string, text: string): HTMLElement {
    const id = `${this.#operation.operationId}-body-text`;
    const area = Object.assign(createElement('textarea'), { id, value: text, spellcheck: false, wrap: 'off' });
    area.rows = Math.min(MAX_ROWS, text.split('\n').length + 1);
    area.addEventListener('input', () => {
      this.body = { kind: 'text', type, text: area.value };
    });
    return createField(area, type);
  }

  #change(body: RequestBody): void {
    this.body = body;
    this.#onChange();
  }
}

function createFileInput(
  id: string,
  text: string,
  example: RequestFile | undefined,
  onChoose: (file: RequestFile) => void,
): HTMLElement {
  const input = Object.assign(createElement('input'), { id, type: 'file' });
  const help = createHelp(id);
  const describe = ({ name, contents }: RequestFile) => `${name}, ${contents.size.toLocaleString('en')} bytes`;
  help.textContent = example === undefined ? 'Choose a file.' : `Example: ${describe(example)}. Or choose a file.`;
  input.addEventListener('change', () => {
    const [chosen] = input.files ?? [];
    if (chosen === undefined) return;
    const file = { name: chosen.name, contents: chosen, address: undefined };
    help.textContent = describe(file);
    onChoose(file);
  });
  return createField(input, text, help);
}
