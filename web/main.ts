/** Shows the view that the URL hash names. Each view's code is loaded on first use. */
import { errorMessage } from '../src/core/errors.ts';
import { showAndAnnounce } from './announcer.ts';
import { findElement } from './dom.ts';
import { DrawView } from './draw/draw-view.ts';
import { acceptDroppedTables } from './dropped-table.ts';
import { isKnownRoute, parseRoute, VIEWS, type View, type ViewName } from './routes.ts';
import { takeLinkedToken } from './token.ts';

const LOADERS: Readonly<Record<ViewName, (section: HTMLElement) => Promise<View>>> = {
  draw: async () => new DrawView(),
  train: async (section) => new (await import('./train/train-view.ts')).TrainView(section),
  teach: async (section) => new (await import('./teach/teach-view.ts')).TeachView(section),
  models: async (section) => new (await import('./models/models-view.ts')).ModelsView(section),
};

const views = new Map<ViewName, View>();
let current: View | undefined;
let navigations = 0;

acceptDroppedTables();
window.addEventListener('hashchange', () => void showRoute().then(focusHeading));
void showRoute();

async function showRoute(): Promise<void> {
  takeLinkedToken();
  const navigation = ++navigations;
  const { view: name, subject } = parseRoute(location.hash);
  const problem = isKnownRoute(location.hash) ? '' : `This page has no view ${location.hash.slice(0, 64)}.`;
  showAndAnnounce(findElement('route-note'), problem);
  try {
    const view = views.get(name) ?? (await LOADERS[name](findSection(name)));
    views.set(name, view);
    // The user navigated again while the view's code was loading.
    if (navigation !== navigations) return;
    current?.close();
    current = view;
    showSection(name);
    document.title = `${view.title} – edge-mlp`;
    view.open(subject);
  } catch (error) {
    current?.close();
    current = undefined;
    findSection(name).textContent = `Could not load this part of the page: ${errorMessage(error)}`;
    showSection(name);
  }
}

/** Called when the view is loaded: until then the previous view stays, and nothing shifts. */
function showSection(name: ViewName): void {
  document.documentElement.dataset.view = name;
  for (const each of VIEWS) {
    findSection(each).hidden = each !== name;
    findElement(`${each}-tab`).ariaCurrent = each === name ? 'page' : null;
  }
}

/** Keyboard and screen reader users start at the top of the new view, as after loading a page. */
function focusHeading(): void {
  for (const heading of document.querySelectorAll<HTMLElement>('main > section:not([hidden]) h1')) heading.focus();
}

function findSection(view: ViewName): HTMLElement {
  return findElement(`${view}-view`);
}
