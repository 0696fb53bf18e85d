export { forgetLostPresences, forgetPresence } from './presence.service.ts';
export { createPresenceStore } from './presence.store.ts';
