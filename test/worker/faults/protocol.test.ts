import { describeFaults } from './check.ts';

await describeFaults('Open Inference Protocol V2');
