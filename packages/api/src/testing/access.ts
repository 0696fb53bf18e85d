/**
 * Who may call. `open`: anybody; `signedIn`: a living session; `fresh`: one of somebody who has
 * proved a moment ago who they are; `staff`: staff rights besides; `admin`: an administrator;
 * `staffOrService`: staff, or a service of the operator with its key.
 */
export type Access = 'open' | 'signedIn' | 'fresh' | 'staff' | 'admin' | 'staffOrService';

/**
 * Who may call each procedure. A test calls every one of them as nobody, as somebody and as staff
 * and compares; a procedure without a row fails it.
 */
export const access: Record<string, Access> = {
  'otp.request': 'open',
  'otp.verify': 'open',
  'password.login': 'open',
  'password.register': 'open',
  'password.set': 'signedIn',
  'password.checkReset': 'open',
  'password.reset': 'open',
  'session.refresh': 'open',
  'session.get': 'signedIn',
  'session.list': 'signedIn',
  'session.listEvents': 'signedIn',
  'session.remove': 'fresh',
  'session.removeOthers': 'fresh',
  'session.removeAll': 'signedIn',
  'session.end': 'signedIn',
  'account.requestPhone': 'fresh',
  'account.changePhone': 'signedIn',
  'account.requestEmail': 'fresh',
  'account.confirmEmail': 'signedIn',
  'account.requestConfirm': 'signedIn',
  'account.confirm': 'signedIn',
  'account.remove': 'fresh',
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
  'chat.typing': 'signedIn',
  'stream.onEvent': 'signedIn',
  'stream.renew': 'signedIn',
  'presence.onChange': 'signedIn',
  'sms.send': 'staffOrService',
  'sms.list': 'staff',
  'sms.get': 'staff',
  'sms.retry': 'staff',
  'sms.listProviders': 'staff',
  'admin.deactivateUser': 'staff',
  'admin.reactivateUser': 'staff',
  'admin.listEvents': 'staff',
  'admin.setPassword': 'admin',
  'admin.setRole': 'admin',
};
