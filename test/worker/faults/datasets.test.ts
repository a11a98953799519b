import { describeFaults } from './check.ts';

await describeFaults('Data sets');
