/** One operation: a line that opens to the documentation, a form, code and the answer. */
import { errorMessage } from '../../src/core/errors.ts';
import { createElement } from '../dom.ts';
import { token } from '../token.ts';
import { type AnswerListener, type ApiDocument, type ApiOperation, listSteps, type Step } from './api-document.ts';
import { createFileReader, listMissing, sendRequest } from './api-request.ts';
import { renderMarkdown } from './markdown.ts';
import { RequestForm } from './request-form.ts';
import { ResponseView } from './response-view.ts';
import { renderSchema } from './schema-view.ts';
import { createSnippets, type Snippets } from './snippet-view.ts';
import { runSteps } from './steps.ts';

export interface ReferenceContext {
  readonly document: ApiDocument;
  readonly operations: readonly ApiOperation[];
  readonly onAnswer: AnswerListener;
}

export class OperationView {
  readonly element = createElement('details');
  readonly operation: ApiOperation;
  readonly #context: ReferenceContext;
  #form: RequestForm | undefined;
  #values: Readonly<Record<string, string>> = {};

  constructor(operation: ApiOperation, context: ReferenceContext) {
    this.operation = operation;
    this.#context = context;
    const { method, path, summary, operationId } = operation;
    const name = Object.assign(createElement('span', method), { className: `method ${method.toLowerCase()}` });
    const title = createElement('h3', name, ' ', createElement('code', ...breakPath(path)));
    const text = Object.assign(createElement('span', summary), { className: 'summary' });
    Object.assign(this.element, { id: operationId, className: 'operation' });
    this.element.append(createElement('summary', title, text));
    this.element.addEventListener('toggle', () => this.#toggle());
  }

  matches(words: readonly string[]): boolean {
    const { method, path, summary, operationId, tags } = this.operation;
    const text = [method, path, summary, operationId, ...tags].join(' ').toLowerCase();
    return words.every((word) => text.includes(word));
  }

  /** Fills in values that another operation answered. */
  setValues(values: Readonly<Record<string, string>>): void {
    this.#values = { ...this.#values, ...values };
    this.#form?.setValues(values);
  }

  #toggle(): void {
    if (!this.element.open) return;
    history.replaceState(null, '', `#${this.operation.operationId}`);
    if (this.#form === undefined) this.#build();
  }

  #build(): void {
    const { operation } = this;
    const response = new ResponseView();
    let snippets: Snippets | undefined;
    const form = new RequestForm(this.#context.document, operation, createFileReader(location.origin, token.get), () =>
      snippets?.show(form.request),
    );
    this.#form = form;
    form.setValues(this.#values);
    snippets = createSnippets(operation);
    snippets.show(form.request);
    token.onChange(() => snippets?.show(form.request));
    const request = createElement(
      'div',
      ...renderMarkdown(operation.description ?? ''),
      createAccess(operation),
      ...this.#createNeeds(response),
      form.element,
      this.#createButtons(form, response),
    );
    const code = createElement('div', response.element, snippets.element);
    this.element.append(createElement('div', request, code, this.#createAnswers()));
  }

  /** The operations that must run first, and a button that runs them. */
  #createNeeds(response: ResponseView): HTMLElement[] {
    const steps = listSteps(this.#context.operations, this.operation);
    if (steps.length === 0) return [];
    const names = steps.flatMap(({ operation }, i) => [
      ...(i === 0 ? [] : [', then ']),
      Object.assign(createElement('a', operation.summary), { href: `#${operation.operationId}` }),
    ]);
    const button = Object.assign(createElement('button', 'Run them with their examples'), { type: 'button' });
    if (steps.length === 1) button.textContent = 'Run it with its example';
    button.addEventListener('click', () => void this.#run(steps, button, response));
    return [
      Object.assign(createElement('div', createElement('p', 'Needs: ', ...names, '.'), button), {
        className: 'notice',
      }),
    ];
  }

  async #run(steps: readonly Step[], button: HTMLButtonElement, response: ResponseView): Promise<void> {
    button.disabled = true;
    try {
      response.showMessage('Running …');
      response.showMessage(await runSteps(steps, this.#context.onAnswer));
    } catch (error) {
      response.showMessage(errorMessage(error));
    } finally {
      button.disabled = false;
      button.focus();
    }
  }

  #createButtons(form: RequestForm, response: ResponseView): HTMLElement {
    const send = Object.assign(createElement('button', 'Send'), { type: 'button', className: 'primary' });
    const cancel = Object.assign(createElement('button', 'Cancel'), { type: 'button', disabled: true });
    let controller = new AbortController();
    send.addEventListener('click', async () => {
      const { request } = form;
      const [missing] = listMissing(request);
      if (missing !== undefined) {
        response.showMessage(`Not sent: ${missing} has no value.`);
        form.focus(missing);
        return;
      }
      controller = new AbortController();
      cancel.disabled = false;
      response.showMessage('Sending …');
      const started = performance.now();
      try {
        const received = await sendRequest(request, location.origin, { token: token.get(), signal: controller.signal });
        const answer = await response.show(received, started);
        if (received.ok) this.#context.onAnswer(this.operation, request.values, answer);
      } catch (error) {
        response.showMessage(controller.signal.aborted ? 'Cancelled.' : `No answer: ${errorMessage(error)}`);
      } finally {
        cancel.disabled = true;
      }
    });
    cancel.addEventListener('click', () => controller.abort());
    return Object.assign(createElement('div', send, cancel), { className: 'tools' });
  }

  #createAnswers(): HTMLElement {
    const rows = Object.entries(this.operation.responses).map(
      ([status, { description, content = {}, headers = {} }]) => {
        const schema = content['application/json']?.schema;
        const types = Object.keys(content).filter((type) => type !== 'application/json');
        const names = Object.entries(headers).map(([name, header]) =>
          createElement('li', createElement('code', name), ` ${header.description}`),
        );
        const head = [
          createElement('code', status),
          ` ${description}`,
          ...(types.length === 0 ? [] : [` (${types.join(', ')})`]),
        ];
        const isOk = status.startsWith('2');
        return createElement(
          'li',
          ...head,
          ...(isOk && names.length > 0 ? [Object.assign(createElement('ul', ...names), { className: 'fields' })] : []),
          ...(isOk && schema !== undefined ? [renderSchema(this.#context.document, schema)] : []),
        );
      },
    );
    const list = Object.assign(createElement('ul', ...rows), { className: 'answers' });
    return createElement('details', createElement('summary', 'Answers'), list);
  }
}

/** The scopes of the token that an operation needs. */
function createAccess({ security }: ApiOperation): HTMLElement {
  const scopes = security.flatMap(({ token: names = [] }) => names);
  const open = security.length === 0 || security.some((each) => each.token === undefined);
  const names = [...new Set([...scopes, 'admin'])].map((name) => createElement('code', name));
  const listed = names.flatMap((name, i) => [...(i === 0 ? [] : [' or ']), name]);
  const text =
    security.length === 0
      ? ['Needs no token.']
      : [
          open ? 'Needs a token only if the service is closed, with the scope ' : 'Needs a token with the scope ',
          ...listed,
          '.',
        ];
  return Object.assign(createElement('p', ...text), { className: 'help' });
}

/** A path that may break after each slash. */
function breakPath(path: string): (Node | string)[] {
  return path.split(/(?<=\/)/).flatMap((part, i) => (i === 0 ? [part] : [createElement('wbr'), part]));
}
