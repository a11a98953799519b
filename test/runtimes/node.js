/** Host for Node, Bun and Deno: prints the result. The argument is the size of the team; with 0 there are no threads. */
import * as library from '../../dist/src/runtime/node.js';
import { compute } from './program.js';

const team = Number(process.argv[2]);
const kernels = team === 0 ? await library.loadKernels() : await library.loadTeam(team);
console.log(JSON.stringify(await compute(kernels, library)));
