export {
  closePersonalStream,
  closeSharedStream,
  joinSharedStream,
  leaveSharedStream,
  leaveSharedStreamTogether,
  openPersonalStream,
  openSharedStream,
  tell,
  type News,
  type Told,
} from './stream.append.ts';
export { createStreamLog } from './stream.log.ts';
export { preparePartitions } from './stream.partitions.ts';
export { renewalPrefix, type Renewal } from './stream.renew.ts';
export { restartIfMoved } from './stream.restart.ts';
export { forgetOldEvents } from './stream.sweep.ts';
