/** Host for Node, Bun and Deno: prints the result. The argument is the size of the team; with 0 there are no threads. */
import { loadKernels, loadTeam } from '../../dist/src/runtime/node.js';
import { compute } from './program.js';

const team = Number(process.argv[2]);
console.log(JSON.stringify(await compute(team === 0 ? await loadKernels() : await loadTeam(team))));
