import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

// Loaded into a server before its own code: at SIGWINCH, to which nobody else listens there, it collects
// all garbage and says how much is left.
setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as (options: object) => void;

process.on('SIGWINCH', () => {
  collect({ type: 'major', execution: 'sync', flavor: 'last-resort' });
  process.stdout.write(`heap ${process.memoryUsage().heapUsed}\n`);
});
