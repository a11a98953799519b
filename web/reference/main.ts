/** The API reference: the operations of /openapi.json, by tag, with a filter and links such as #predict. */
import { errorMessage } from '../../src/core/errors.ts';
import { createElement, findElement } from '../dom.ts';
import { takeLinkedToken } from '../token.ts';
import { TokenField } from '../token-field.ts';
import { type ApiDocument, listLinks, listOperations, readLink } from './api-document.ts';
import { renderMarkdown } from './markdown.ts';
import { OperationView, type ReferenceContext } from './operation-view.ts';

takeLinkedToken();
new TokenField(findElement('token-host'), 'token');
const list = findElement('operations');
const filter = findElement('filter', HTMLInputElement);
const count = findElement('count');

try {
  const response = await fetch('/openapi.json');
  if (!response.ok) throw new Error(`/openapi.json: expected status 200, got ${response.status}`);
  showReference(await response.json());
} catch (error) {
  count.textContent = `Could not load the reference: ${errorMessage(error)}`;
}

function showReference(document: ApiDocument): void {
  const operations = listOperations(document);
  const context: ReferenceContext = {
    document,
    operations,
    onAnswer: (operation, values, answer) => {
      for (const link of listLinks(operation)) {
        views
          .find((view) => view.operation.operationId === link.operationId)
          ?.setValues(readLink(link, values, answer));
      }
    },
  };
  const views = operations.map((operation) => new OperationView(operation, context));
  const sections = document.tags.map(({ name, description }) => {
    const inside = views.filter(({ operation }) => operation.tags.includes(name));
    const id = `tag-${name.toLowerCase().replaceAll(' ', '-')}`;
    const section = createElement('section', createElement('h2', name), ...renderMarkdown(description));
    section.append(...inside.map(({ element }) => element));
    return Object.assign(section, { id, className: 'tag' });
  });
  list.replaceChildren(...sections);

  const applyFilter = () => {
    const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const view of views) view.element.hidden = !view.matches(words);
    for (const section of sections) section.hidden = section.querySelector('.operation:not([hidden])') === null;
    const shown = views.filter(({ element }) => !element.hidden).length;
    const all = `${views.length} operations`;
    count.textContent = words.length === 0 ? `${all}, version ${document.info.version}` : `${shown} of ${all}`;
  };
  filter.addEventListener('input', applyFilter);
  applyFilter();

  const openLinked = () => {
    const view = views.find(({ operation }) => `#${operation.operationId}` === location.hash);
    if (view === undefined) return;
    filter.value = '';
    applyFilter();
    view.element.open = true;
    view.element.scrollIntoView();
    view.element.querySelector('summary')?.focus({ preventScroll: true });
  };
  window.addEventListener('hashchange', openLinked);
  openLinked();
}
