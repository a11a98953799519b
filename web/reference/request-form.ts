/** The parameters and the body of an operation as a form. */
import { createElement, setOptions } from '../dom.ts';
import { createField, createHelp } from '../fields.ts';
import { type ApiDocument, type ApiOperation, type ApiParameter, resolveSchema } from './api-document.ts';
import { type ApiRequest, exampleValues, type FileReader } from './api-request.ts';
import { BodyField } from './body-field.ts';
import { renderInline } from './markdown.ts';

type ValueField = HTMLInputElement | HTMLSelectElement;

/** `onChange` is called after every change of the request. */
export class RequestForm {
  readonly element = createElement('div');
  readonly #operation: ApiOperation;
  readonly #fields = new Map<string, ValueField>();
  readonly #body: BodyField;
  readonly #onChange: () => void;

  constructor(document: ApiDocument, operation: ApiOperation, read: FileReader, onChange: () => void) {
    this.#operation = operation;
    this.#onChange = onChange;
    this.#body = new BodyField(document, operation, read, onChange);
    const values = exampleValues(operation);
    const isShown = ({ name, required }: ApiParameter) => required === true || values[name] !== undefined;
    const { parameters = [] } = operation;
    const create = (parameter: ApiParameter) => this.#createParameter(document, parameter, values[parameter.name]);
    this.element.append(...parameters.filter(isShown).map(create), this.#body.element);
    const others = parameters.filter((parameter) => !isShown(parameter)).map(create);
    if (others.length > 0) {
      const summary = createElement('summary', `Optional parameters (${others.length})`);
      this.element.append(createElement('details', summary, ...others));
    }
    this.element.addEventListener('input', onChange);
  }

  get request(): ApiRequest {
    const values = Object.fromEntries([...this.#fields].map(([name, field]) => [name, field.value.trim()]));
    return { operation: this.#operation, values, body: this.#body.body };
  }

  /** Shows values that another operation answered. */
  setValues(values: Readonly<Record<string, string>>): void {
    for (const [name, value] of Object.entries(values)) {
      const field = this.#fields.get(name);
      if (field !== undefined) field.value = value;
    }
    this.#onChange();
  }

  focus(name: string): void {
    const field = this.#fields.get(name);
    if (field === undefined) this.#body.focus();
    else field.focus();
  }

  #createParameter(document: ApiDocument, parameter: ApiParameter, value = ''): HTMLElement {
    const { name, description = '', required } = parameter;
    const id = `${this.#operation.operationId}-${name}`;
    const field = createInput(document, parameter);
    Object.assign(field, { id, value, required: required === true });
    this.#fields.set(name, field);
    const kind = [parameter.in, ...(required ? ['required'] : [])].join(', ');
    const note = Object.assign(createElement('span', kind), { className: 'type' });
    return createField(field, [createElement('code', name), ' ', note], createHelp(id, ...renderInline(description)));
  }
}

/** A list for an enumeration, or a text field. */
function createInput(document: ApiDocument, { required, schema }: ApiParameter): ValueField {
  const choices = resolveSchema(document, schema).schema.enum;
  if (choices === undefined) {
    const placeholder = schema.default === undefined ? '' : String(schema.default);
    return Object.assign(createElement('input'), { type: 'text', autocomplete: 'off', spellcheck: false, placeholder });
  }
  const select = createElement('select');
  setOptions(select, [...(required ? [] : ['']), ...choices.map(String)]);
  return select;
}
