/**
 * Writes build/kernels.wasm as a module of text, so that the library can carry the kernels in its JavaScript. With gzip,
 * hexadecimal digits take 13 KB and base64 takes 16 KB, because base64 moves the borders of bytes.
 */
import { readFileSync, writeFileSync } from 'node:fs';

const file = (name: string) => new URL(`../build/${name}`, import.meta.url);
const hex = readFileSync(file('kernels.wasm')).toString('hex');
writeFileSync(file('kernels-hex.js'), `export default '${hex}';\n`);
writeFileSync(file('kernels-hex.d.ts'), 'declare const hex: string;\nexport default hex;\n');
