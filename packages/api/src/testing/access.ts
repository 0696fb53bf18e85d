/** Who may call. `open`: anybody; `signedIn`: a living session; `staff`: staff rights besides. */
export type Access = 'open' | 'signedIn' | 'staff';

/**
 * Who may call each procedure. A test calls every one of them as nobody, as somebody and as staff
 * and compares; a procedure without a row fails it.
 */
export const access: Record<string, Access> = {
  'otp.request': 'open',
  'otp.verify': 'open',
  'session.refresh': 'open',
  'session.list': 'signedIn',
  'session.remove': 'signedIn',
  'session.removeOthers': 'signedIn',
  'session.end': 'signedIn',
  'user.me': 'signedIn',
  'user.update': 'signedIn',
  'friend.request': 'signedIn',
  'friend.accept': 'signedIn',
  'friend.decline': 'signedIn',
  'friend.cancel': 'signedIn',
  'friend.remove': 'signedIn',
  'friend.list': 'signedIn',
  'friend.listRequests': 'signedIn',
  'chat.start': 'signedIn',
  'chat.list': 'signedIn',
  'chat.get': 'signedIn',
  'chat.send': 'signedIn',
  'chat.listMessages': 'signedIn',
  'chat.markRead': 'signedIn',
  'stream.onEvent': 'signedIn',
};
