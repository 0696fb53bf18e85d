export { ensureFirstAdmin } from './admin.first.ts';
