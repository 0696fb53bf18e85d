export { openPersonalStream, openSharedStream, tell, type Told } from './stream.append.ts';
export { createStreamLog } from './stream.repository.ts';
export { forgetOldEvents } from './stream.sweep.ts';
