/** The page: views that the address chooses, each loaded when it is first seen. */
import { errorMessage } from '../src/core/errors.ts';
import { element } from './dom.ts';
import { DrawView } from './draw/view.ts';
import { parseRoute, VIEWS, type View, type ViewName } from './routes.ts';

/** Whoever draws does not load what training and teaching need. */
const LOADERS: Readonly<Record<ViewName, (section: HTMLElement) => Promise<View>>> = {
  draw: async () => new DrawView(),
  train: async (section) => new (await import('./train/view.ts')).TrainView(section),
  teach: async (section) => new (await import('./teach/view.ts')).TeachView(section),
};

const views = new Map<ViewName, View>();
let shown: View | undefined;
let turn = 0;

window.addEventListener('hashchange', () => void show().then(focusHeading));
void show();

async function show(): Promise<void> {
  const mine = ++turn;
  const { view: name, subject } = parseRoute(location.hash);
  for (const each of VIEWS) {
    findSection(each).hidden = each !== name;
    findTab(each).ariaCurrent = each === name ? 'page' : null;
  }
  shown?.close();
  shown = undefined;
  try {
    const view = views.get(name) ?? (await LOADERS[name](findSection(name)));
    views.set(name, view);
    // Whoever went on while it was loaded is elsewhere now.
    if (mine !== turn) return;
    shown = view;
    document.title = `edge-mlp: ${view.title}`;
    view.open(subject);
  } catch (error) {
    findSection(name).textContent = `This part of the page could not be loaded: ${errorMessage(error)}`;
  }
}

/** As a browser does it for a new page: who goes on by keyboard or listens is at its beginning. */
function focusHeading(): void {
  const { view } = parseRoute(location.hash);
  for (const heading of findSection(view).querySelectorAll('h1')) heading.focus();
}

function findSection(view: ViewName): HTMLElement {
  return element(`${view}-view`, HTMLElement);
}

function findTab(view: ViewName): HTMLAnchorElement {
  return element(`${view}-tab`, HTMLAnchorElement);
}
