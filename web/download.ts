/** Downloads of files that may need the token of the page, which a plain link does not send. */
import type { Client } from '../src/client/index.ts';
import { createClient } from './service.ts';
import { token } from './token.ts';

/** With a token, a click on `link` reads the file with `read`, as a request of `run`, and saves it under `name`. */
export function downloadWithToken(
  link: HTMLAnchorElement,
  read: (client: Client) => Promise<{ name: string; bytes: Uint8Array<ArrayBuffer> }>,
  run: (request: () => Promise<void>) => void,
): void {
  link.addEventListener('click', (event) => {
    if (token.get() === '') return;
    event.preventDefault();
    run(async () => {
      const { name, bytes } = await read(createClient());
      saveFile(name, new Blob([bytes]));
    });
  });
}

export function saveFile(name: string, contents: Blob): void {
  const href = URL.createObjectURL(contents);
  Object.assign(document.createElement('a'), { href, download: name }).click();
  // The browser has started the download by then.
  setTimeout(() => URL.revokeObjectURL(href), 60_000);
}
