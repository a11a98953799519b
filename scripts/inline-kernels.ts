/** Writes build/kernels.wasm as a module of text, so that the library can carry the kernels in its JavaScript. */
import { readFileSync, writeFileSync } from 'node:fs';

const file = (name: string) => new URL(`../build/${name}`, import.meta.url);
const base64 = readFileSync(file('kernels.wasm')).toString('base64');
writeFileSync(file('kernels-base64.js'), `export default '${base64}';\n`);
writeFileSync(file('kernels-base64.d.ts'), 'declare const base64: string;\nexport default base64;\n');
