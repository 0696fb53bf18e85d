// What a browser has fits the options.
import { createChaparClient } from '@chapar/client';

createChaparClient({ url: '', fetch, WebSocket });
createChaparClient({
  url: '',
  fetch: (url: string, init?: RequestInit) => fetch(url, { ...init, credentials: 'omit' }),
});
