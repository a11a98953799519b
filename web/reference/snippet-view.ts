/** Tabs with a request in each language, and a button that copies it. */
import { copyText } from '../clipboard.ts';
import { createElement } from '../dom.ts';
import { token } from '../token.ts';
import type { ApiOperation } from './api-document.ts';
import type { ApiRequest } from './api-request.ts';
import { createText } from './response-view.ts';
import { SNIPPETS } from './snippets/index.ts';
import { Tabs } from './tabs.ts';

/** Language that was chosen last, for all operations that are opened later. */
let language = 'curl';

export interface Snippets {
  readonly element: HTMLElement;
  show(request: ApiRequest): void;
}

export function createSnippets({ operationId, security }: ApiOperation): Snippets {
  let current: ApiRequest | undefined;
  const needsToken = security.length > 0 && security.every((each) => each.token !== undefined);
  const write = (name: string) => {
    if (current === undefined) return '';
    const hasToken = needsToken || (security.length > 0 && token.get() !== '');
    return SNIPPETS[name]?.(current, { origin: location.origin, hasToken }) ?? '';
  };
  let shown: HTMLElement;
  const tabs = new Tabs(`${operationId}-code`, Object.keys(SNIPPETS), (name, panel) => {
    language = name;
    const text = createText(write(name));
    shown = text;
    text.ariaLabel = `${name} program`;
    text.role = 'group';
    panel.replaceChildren(text);
  });
  const copy = Object.assign(createElement('button', 'Copy'), { type: 'button', className: 'copy' });
  copy.addEventListener('click', async () => {
    copy.textContent = (await copyText(shown)) === 'Copied.' ? 'Copied' : 'Press Ctrl+C';
    setTimeout(() => {
      copy.textContent = 'Copy';
    }, 2000);
  });
  const element = Object.assign(createElement('div', copy, tabs.element), { className: 'code' });
  return {
    element,
    show(request) {
      current = request;
      tabs.select(language);
    },
  };
}
