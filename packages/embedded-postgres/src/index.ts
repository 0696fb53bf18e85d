export { EmbeddedPostgresError, type EmbeddedPostgresErrorCode } from './error.ts';
export {
  startEmbeddedPostgres,
  type EmbeddedPostgres,
  type EmbeddedPostgresOptions,
} from './start.ts';
