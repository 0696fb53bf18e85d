export {
  closePersonalStream,
  closeSharedStream,
  openPersonalStream,
  openSharedStream,
  tell,
} from './stream.append.ts';
export { createStreamLog, restartIfMoved } from './stream.repository.ts';
export { forgetOldEvents } from './stream.sweep.ts';
