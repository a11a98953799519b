/** Shows the view that the URL hash names. Each view's code is loaded on first use. */
import { errorMessage } from '../src/core/errors.ts';
import { findElement } from './dom.ts';
import { DrawView } from './draw/draw-view.ts';
import { parseRoute, VIEWS, type View, type ViewName } from './routes.ts';
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

window.addEventListener('hashchange', () => void showRoute().then(focusHeading));
void showRoute();

async function showRoute(): Promise<void> {
  takeLinkedToken();
  const navigation = ++navigations;
  const { view: name, subject } = parseRoute(location.hash);
  for (const each of VIEWS) {
    findSection(each).hidden = each !== name;
    findElement(`${each}-tab`).ariaCurrent = each === name ? 'page' : null;
  }
  current?.close();
  current = undefined;
  try {
    const view = views.get(name) ?? (await LOADERS[name](findSection(name)));
    views.set(name, view);
    // The user navigated again while the view's code was loading.
    if (navigation !== navigations) return;
    current = view;
    document.title = `${view.title} – edge-mlp`;
    view.open(subject);
  } catch (error) {
    findSection(name).textContent = `Could not load this part of the page: ${errorMessage(error)}`;
  }
}

/** Keyboard and screen reader users start at the top of the new view, as after loading a page. */
function focusHeading(): void {
  const { view } = parseRoute(location.hash);
  for (const heading of findSection(view).querySelectorAll('h1')) heading.focus();
}

function findSection(view: ViewName): HTMLElement {
  return findElement(`${view}-view`);
}
