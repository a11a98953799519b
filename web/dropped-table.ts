/** Tables that are dropped anywhere on the page open in the Train view. */
import { formatRoute, goTo } from './routes.ts';

const TABLE = /\.(csv|tsv)(\.gz)?$/i;

let dropped: File | undefined;

export function acceptDroppedTables(): void {
  document.addEventListener('dragover', (event) => event.preventDefault());
  document.addEventListener(
    'drop',
    (event) => {
      const file = [...(event.dataTransfer?.files ?? [])].find(({ name }) => TABLE.test(name));
      if (file === undefined) return;
      // Views take dropped images.
      event.stopImmediatePropagation();
      event.preventDefault();
      dropped = file;
      if (location.hash === formatRoute('train')) window.dispatchEvent(new HashChangeEvent('hashchange'));
      else goTo(formatRoute('train'));
    },
    { capture: true },
  );
}

/** The table that was dropped since the last call. */
export function takeDroppedTable(): File | undefined {
  const file = dropped;
  dropped = undefined;
  return file;
}
