/** The answer to a request: status, time, headers and body. */
import { createElement } from '../dom.ts';
import { saveFile } from '../download.ts';
import { readFileName } from './api-request.ts';
import { formatJson } from './format-json.ts';

/** Longer texts are cut on the page; the download is complete. */
const MAX_CHARACTERS = 20_000;

export class ResponseView {
  readonly element = Object.assign(createElement('section'), { className: 'response', hidden: true });
  readonly #status = Object.assign(createElement('p'), { className: 'status', role: 'status' });
  readonly #content = createElement('div');

  constructor() {
    this.element.ariaLabel = 'Answer';
    this.element.append(this.#status, this.#content);
  }

  /** A message instead of an answer. */
  showMessage(text: string): void {
    this.element.hidden = false;
    this.#status.textContent = text;
    this.#content.replaceChildren();
  }

  /** Shows an answer, streams as they arrive. Returns the JSON of the body, or undefined. */
  async show(response: Response, started: number): Promise<unknown> {
    const milliseconds = Math.round(performance.now() - started);
    const type = response.headers.get('content-type')?.split(';')[0] ?? '';
    this.showMessage(`${response.status} ${response.statusText} · ${milliseconds} ms`);
    this.#content.append(createHeaders(response.headers));
    if (type === 'text/event-stream') return this.#showStream(response);
    const contents = await response.blob();
    this.#status.textContent += ` · ${contents.size.toLocaleString('en')} bytes`;
    if (contents.size === 0) return undefined;
    const isText = type.startsWith('text/') || type === 'application/json';
    const answer = type === 'application/json' ? JSON.parse(await contents.text()) : undefined;
    if (isText) this.#content.append(createText(answer === undefined ? await contents.text() : formatJson(answer)));
    if (!isText || contents.size > MAX_CHARACTERS) {
      const name = readFileName(response.headers) ?? (answer === undefined ? 'answer' : 'answer.json');
      const button = Object.assign(createElement('button', `Save ${name}`), { type: 'button' });
      button.addEventListener('click', () => saveFile(name, contents));
      this.#content.append(button);
    }
    return answer;
  }

  async #showStream(response: Response): Promise<undefined> {
    const text = createText('');
    this.#content.append(text);
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    for (;;) {
      const { value, done } = (await reader?.read()) ?? { done: true };
      if (done || value === undefined) return;
      text.append(value);
      text.scrollTop = text.scrollHeight;
    }
  }
}

function createHeaders(headers: Headers): HTMLElement {
  const lines = [...headers].map(([name, value]) => `${name}: ${value}`);
  return createElement('details', createElement('summary', `Headers (${lines.length})`), createText(lines.join('\n')));
}

/** A text that scrolls, also by keyboard. */
export function createText(text: string): HTMLElement {
  const shown = text.length > MAX_CHARACTERS ? `${text.slice(0, MAX_CHARACTERS)}\n…` : text;
  return Object.assign(createElement('pre', shown), { tabIndex: 0 });
}
